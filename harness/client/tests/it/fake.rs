//! A registry in memory, right unless a rule makes one of its answers wrong. Not here: any assertion.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderMap, Method, Response, StatusCode};
use shakedown_client::{CallPolicy, Client, ClientOptions};
use shakedown_oci::{ContentRange, Digest, RangeRequest, Reference, RepositoryName, ServedRange, UploadRange};
use shakedown_wire::{Body, Clock, MemoryNet, Request, WireError};

pub type Answer = Result<Response<Body>, WireError>;
type Effect = Box<dyn FnOnce(Answer) -> Answer + Send>;

/// What was asked.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: Method,
    pub uri: String,
    pub headers: HeaderMap,
}

#[derive(Default)]
struct State {
    blobs: BTreeMap<String, Bytes>,
    manifests: BTreeMap<String, (Bytes, String)>,
    uploads: BTreeMap<u64, Vec<u8>>,
    asked: Vec<Asked>,
    next: u64,
    before: VecDeque<(Method, &'static str, Effect)>,
    after: VecDeque<(Method, &'static str, Effect)>,
    /// Request bodies of this method end after so many bytes.
    cut: Option<(Method, usize)>,
    min_chunk: Option<u64>,
    single_post: bool,
}

/// The registry; clones share it.
#[derive(Clone, Default)]
pub struct Fake(Arc<Mutex<State>>);

pub fn repository() -> RepositoryName {
    "lab/app".parse().unwrap()
}

pub fn tag(name: &str) -> Reference {
    name.parse().unwrap()
}

pub fn status(code: u16) -> Response<Body> {
    Response::builder().status(code).body(Body::empty()).unwrap()
}

/// The client of `fake` at `http://registry.test`, with a policy.
pub fn client(fake: &Fake, policy: CallPolicy) -> Client {
    let options =
        ClientOptions { policy, ..ClientOptions::new("http://registry.test".parse().unwrap(), Clock::virtual_time()) };
    Client::new(net(fake).party(), options)
}

pub fn net(fake: &Fake) -> MemoryNet {
    let net = MemoryNet::new();
    net.listen("registry.test", fake.party());
    net
}

impl Fake {
    pub fn party(&self) -> shakedown_wire::Party {
        let fake = self.clone();
        shakedown_wire::Party::from_fn(move |request| {
            let fake = fake.clone();
            async move { fake.answer(request).await }
        })
    }

    /// The next request of `method` whose path contains `part` is not answered by the registry but by `effect`.
    pub fn instead(
        &self,
        method: Method,
        part: &'static str,
        effect: impl FnOnce() -> Answer + Send + 'static,
    ) -> &Self {
        self.lock().before.push_back((method, part, Box::new(move |_| effect())));
        self
    }

    /// The next answer to `method` with `part` in the path is changed; the request was carried out.
    pub fn change(
        &self,
        method: Method,
        part: &'static str,
        effect: impl FnOnce(Answer) -> Answer + Send + 'static,
    ) -> &Self {
        self.lock().after.push_back((method, part, Box::new(effect)));
        self
    }

    /// A changed header in the next answer; `None` removes it.
    pub fn header(&self, method: Method, part: &'static str, name: &'static str, value: Option<&'static str>) -> &Self {
        self.change(method, part, move |answer| {
            answer.map(|mut answer| {
                answer.headers_mut().remove(name);
                if let Some(value) = value {
                    answer.headers_mut().insert(name, value.parse().unwrap());
                }
                answer
            })
        })
    }

    /// The body of the next request of `method` breaks off after `bytes`; the registry keeps what came.
    pub fn cut_request(&self, method: Method, bytes: usize) {
        self.lock().cut = Some((method, bytes));
    }

    pub fn min_chunk(&self, size: u64) {
        self.lock().min_chunk = Some(size);
    }

    pub fn allow_single_post(&self) {
        self.lock().single_post = true;
    }

    pub fn put_blob(&self, bytes: impl Into<Bytes>) -> Digest {
        let bytes = bytes.into();
        let digest = Digest::of(&bytes);
        self.lock().blobs.insert(digest.to_string(), bytes);
        digest
    }

    pub fn put_manifest(&self, reference: &str, media_type: &str, bytes: impl Into<Bytes>) {
        self.lock().manifests.insert(reference.to_owned(), (bytes.into(), media_type.to_owned()));
    }

    pub fn blob(&self, digest: &Digest) -> Option<Bytes> {
        self.lock().blobs.get(&digest.to_string()).cloned()
    }

    pub fn forget_blob(&self, digest: &Digest) {
        self.lock().blobs.remove(&digest.to_string());
    }

    pub fn manifest(&self, reference: &str) -> Option<Bytes> {
        self.lock().manifests.get(reference).map(|(bytes, _)| bytes.clone())
    }

    /// All requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.lock().asked.clone()
    }

    /// All requests so far as `METHOD path`, upload ids and digests shortened.
    pub fn log(&self) -> Vec<String> {
        let line = |asked: &Asked| {
            let path = asked.uri.replace("http://registry.test/v2/", "");
            let path = path.split('?').next().unwrap_or_default();
            let path = path.split_once("sha256:").map_or(path.to_owned(), |(before, _)| format!("{before}D"));
            let range = asked.headers.get("content-range").map(|range| format!(" {}", range.to_str().unwrap()));
            format!("{} {path}{}", asked.method, range.unwrap_or_default())
        };
        self.asked().iter().map(line).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    async fn answer(&self, request: Request) -> Answer {
        let (head, body) = request.into_parts();
        let path = head.uri.path().to_owned();
        let (body, broken) = self.read(&head.method, body).await?;
        let asked = Asked { method: head.method.clone(), uri: head.uri.to_string(), headers: head.headers.clone() };
        let (instead, change) = {
            let mut state = self.lock();
            state.asked.push(asked);
            let instead = take(&mut state.before, &head.method, &path);
            let change = if instead.is_some() { None } else { take(&mut state.after, &head.method, &path) };
            (instead, change)
        };
        if let Some(instead) = instead {
            return instead(Ok(status(500)));
        }
        let answer = self.lock().route(&head, body);
        let answer = match change {
            Some(change) => change(Ok(answer))?,
            None => answer,
        };
        if broken { Err(WireError::Reset) } else { Ok(answer) }
    }

    async fn read(&self, method: &Method, mut body: Body) -> Result<(Vec<u8>, bool), WireError> {
        let limit = {
            let mut state = self.lock();
            let mine = state.cut.as_ref().is_some_and(|(cut, _)| cut == method);
            if mine { state.cut.take().map(|(_, bytes)| bytes) } else { None }
        };
        let mut bytes = Vec::new();
        while let Some(frame) = body.next().await {
            bytes.extend_from_slice(&frame?);
            if let Some(limit) = limit.filter(|limit| bytes.len() >= *limit) {
                bytes.truncate(limit);
                return Ok((bytes, true));
            }
        }
        Ok((bytes, false))
    }
}

fn take(rules: &mut VecDeque<(Method, &'static str, Effect)>, method: &Method, path: &str) -> Option<Effect> {
    let index = rules.iter().position(|(wanted, part, _)| wanted == method && path.contains(part))?;
    rules.remove(index).map(|(.., effect)| effect)
}

impl State {
    fn route(&mut self, head: &http::request::Parts, body: Vec<u8>) -> Response<Body> {
        let path = head.uri.path();
        let query: BTreeMap<_, _> =
            head.uri.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('=')).collect();
        if path == "/v2/" {
            return status(200);
        }
        if let Some((_, id)) = path.split_once("/blobs/uploads/") {
            return self.upload(head, id, &query, body);
        }
        if let Some((_, digest)) = path.split_once("/blobs/") {
            return self.serve_blob(head, digest);
        }
        match path.split_once("/manifests/") {
            Some((_, reference)) => self.serve_manifest(head, reference, body),
            None => error(404, "NAME_UNKNOWN"),
        }
    }

    fn upload(
        &mut self,
        head: &http::request::Parts,
        id: &str,
        query: &BTreeMap<&str, &str>,
        body: Vec<u8>,
    ) -> Response<Body> {
        if head.method == Method::POST {
            return self.begin(query, body);
        }
        let Some(id) = id.parse().ok().filter(|id| self.uploads.contains_key(id)) else {
            return error(404, "BLOB_UPLOAD_UNKNOWN");
        };
        let size = self.uploads[&id].len() as u64;
        match head.method {
            Method::GET => self.session(id, 204),
            Method::DELETE => {
                self.uploads.remove(&id);
                status(204)
            }
            Method::PATCH => {
                let range =
                    head.headers.get("content-range").map(|range| range.to_str().unwrap().parse::<ContentRange>());
                if range.is_some_and(|range| range.unwrap().start() != size) {
                    return error(416, "BLOB_UPLOAD_INVALID");
                }
                self.uploads.get_mut(&id).unwrap().extend_from_slice(&body);
                self.session(id, 202)
            }
            _ => {
                let mut bytes = self.uploads.remove(&id).unwrap();
                bytes.extend_from_slice(&body);
                self.store(query, bytes)
            }
        }
    }

    fn begin(&mut self, query: &BTreeMap<&str, &str>, body: Vec<u8>) -> Response<Body> {
        if let Some(digest) = query.get("mount").filter(|digest| self.blobs.contains_key(**digest)) {
            return created(&format!("/v2/lab/app/blobs/{digest}"), digest);
        }
        if self.single_post && query.contains_key("digest") {
            return self.store(query, body);
        }
        self.next += 1;
        self.uploads.insert(self.next, Vec::new());
        self.session(self.next, 202)
    }

    fn session(&self, id: u64, code: u16) -> Response<Body> {
        let mut answer = Response::builder()
            .status(code)
            .header("location", format!("/v2/lab/app/blobs/uploads/{id}?_state=a%3D"))
            .header("range", UploadRange::of_size(self.uploads[&id].len() as u64).to_string());
        if let Some(size) = self.min_chunk {
            answer = answer.header("oci-chunk-min-length", size);
        }
        answer.body(Body::empty()).unwrap()
    }

    fn store(&mut self, query: &BTreeMap<&str, &str>, bytes: Vec<u8>) -> Response<Body> {
        let Some(digest) = query.get("digest").and_then(|digest| digest.parse::<Digest>().ok()) else {
            return error(400, "DIGEST_INVALID");
        };
        if Digest::with(digest.algorithm(), &bytes) != digest {
            return error(400, "DIGEST_INVALID");
        }
        self.blobs.insert(digest.to_string(), bytes.into());
        created(&format!("/v2/lab/app/blobs/{digest}"), &digest.to_string())
    }

    fn serve_blob(&self, head: &http::request::Parts, digest: &str) -> Response<Body> {
        let Some(bytes) = self.blobs.get(digest).cloned() else { return error(404, "BLOB_UNKNOWN") };
        let answer = Response::builder()
            .header("docker-content-digest", digest)
            .header("content-type", "application/octet-stream");
        let range = head.headers.get("range").map(|range| range.to_str().unwrap().parse::<RangeRequest>().unwrap());
        if let Some(RangeRequest::Single(range)) = range {
            let Ok(ServedRange { start, end, .. }) = range.resolve(bytes.len() as u64) else {
                return error(416, "SIZE_INVALID");
            };
            let part = bytes.slice(start as usize..=end as usize);
            let range = ServedRange { start, end, total: Some(bytes.len() as u64) }.to_string();
            let answer = answer.status(206).header("content-range", range).header("content-length", part.len());
            return answer.body(frames(part)).unwrap();
        }
        let answer = answer.header("content-length", bytes.len());
        if head.method == Method::HEAD { answer.body(Body::empty()) } else { answer.body(frames(bytes)) }.unwrap()
    }

    fn serve_manifest(&mut self, head: &http::request::Parts, reference: &str, body: Vec<u8>) -> Response<Body> {
        if head.method == Method::PUT {
            let digest = Digest::of(&body).to_string();
            let media_type = head.headers["content-type"].to_str().unwrap().to_owned();
            for name in [reference, &digest] {
                self.manifests.insert(name.to_owned(), (body.clone().into(), media_type.clone()));
            }
            return created(&format!("/v2/lab/app/manifests/{digest}"), &digest);
        }
        let Some((bytes, media_type)) = self.manifests.get(reference).cloned() else {
            return error(404, "MANIFEST_UNKNOWN");
        };
        let answer = Response::builder()
            .header("docker-content-digest", Digest::of(&bytes).to_string())
            .header("content-type", media_type)
            .header("content-length", bytes.len());
        if head.method == Method::HEAD { answer.body(Body::empty()) } else { answer.body(Body::full(bytes)) }.unwrap()
    }
}

/// Several frames, so that a cut can come between them.
fn frames(bytes: Bytes) -> Body {
    let length = bytes.len() as u64;
    let parts: Vec<_> = bytes.chunks(1000).map(|part| Ok(bytes.slice_ref(part))).collect();
    Body::sized(length, futures_util::stream::iter(parts))
}

/// The body of an answer cut after `bytes`.
pub fn cut(answer: Answer, bytes: u64, error: Option<WireError>) -> Answer {
    let (head, body) = answer?.into_parts();
    let stream = futures_util::stream::unfold((body, bytes, error), |(mut body, left, error)| async move {
        if left == 0 {
            return error.map(|error| (Err(error), (body, 0, None)));
        }
        let frame = body.next().await?.ok()?;
        let frame = frame.slice(..frame.len().min(left as usize));
        let left = left - frame.len() as u64;
        Some((Ok(frame), (body, left, error)))
    });
    Ok(Response::from_parts(head, Body::stream(stream)))
}

fn created(location: &str, digest: &str) -> Response<Body> {
    let answer = Response::builder().status(StatusCode::CREATED).header("location", location);
    answer.header("docker-content-digest", digest).body(Body::empty()).unwrap()
}

pub fn error(code: u16, name: &str) -> Response<Body> {
    let body = format!(r#"{{"errors":[{{"code":"{name}","message":"no"}}]}}"#);
    Response::builder().status(code).header("content-type", "application/json").body(body.into()).unwrap()
}
