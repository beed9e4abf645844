//! What stands behind the hop: a registry in memory that takes everything. It keeps what is pushed until the load is measured, so that there
//! is something to pull; what is pushed from then on it forgets. It believes every name and every digest, and mounts whatever is asked for.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::{Bytes, BytesMut};
use futures_util::stream;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName, LOCATION, RANGE};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode};
use shakedown_oci::Digest;
use shakedown_wire::server::{self, Server, ServerOptions};
use shakedown_wire::{Body, Party, Request, Response, WireError};

use crate::file::LoadFile;

/// Bytes of a frame of an answer, as the load's own content has them.
const FRAME: usize = 128 << 10;
/// Bytes that are kept together.
const CHUNK: usize = 1 << 20;
/// Most bytes that are kept.
const MOST: u64 = 2 << 30;
/// What says which content an answer is about.
const DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");
/// Operations that read what was pushed before.
const READING: &[&str] = &["pull-blob", "head-blob", "pull-image", "pull-manifest"];

/// The server behind the hop; it ends when this is dropped.
#[derive(Debug)]
pub struct Backend {
    server: Server,
    registry: Registry,
}

impl Backend {
    /// On a free port of loopback, for this load. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn start(file: &LoadFile) -> io::Result<Self> {
        let registry = Registry::new(file);
        let listener = server::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        let server = server::serve(listener, registry.party(), ServerOptions::default());
        Ok(Self { server, registry })
    }

    /// Where it answers, `http://address:port`.
    pub fn base_uri(&self) -> String {
        self.server.base_uri()
    }

    /// What tells it that the load is measured (true), or prepared.
    pub fn measured(&self) -> impl Fn(bool) + Send + Sync + use<> {
        let registry = self.registry.clone();
        move |measured| registry.measured(measured)
    }
}

/// Clones share what is kept.
#[derive(Debug, Clone)]
pub(super) struct Registry(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// Something of the load reads.
    reads: bool,
    keeps: AtomicBool,
    uploads: AtomicU64,
    bytes: AtomicU64,
    /// Blobs by their digest, manifests by `name/tag` and `name/digest`.
    kept: Mutex<BTreeMap<String, Kept>>,
    /// Uploads that go on, by their path.
    open: Mutex<BTreeMap<String, Vec<Bytes>>>,
}

/// What was pushed.
#[derive(Debug, Clone)]
struct Kept {
    chunks: Vec<Bytes>,
    content_type: HeaderValue,
    digest: String,
}

/// A body that was read.
struct Taken {
    length: u64,
    /// Nothing where it is forgotten.
    chunks: Vec<Bytes>,
}

/// A path of the API, taken apart.
enum Place<'a> {
    Base,
    /// The repository.
    Uploads(&'a str),
    /// The repository.
    Upload(&'a str),
    /// The digest.
    Blob(&'a str),
    /// The repository, and a tag or digest.
    Manifest(&'a str, &'a str),
    Unknown,
}

impl<'a> Place<'a> {
    fn of(path: &'a str) -> Self {
        let Some(path) = path.strip_prefix("/v2/") else { return Self::Unknown };
        let of = |path: &'a str| path.rsplit_once('/');
        match of(path) {
            None if path.is_empty() => Self::Base,
            Some((before, last)) => match of(before) {
                Some((blobs, "uploads")) => match (blobs.strip_suffix("/blobs"), last) {
                    (Some(name), "") => Self::Uploads(name),
                    (Some(name), _) => Self::Upload(name),
                    (None, _) => Self::Unknown,
                },
                Some((_, "blobs")) => Self::Blob(last),
                Some((name, "manifests")) => Self::Manifest(name, last),
                _ => Self::Unknown,
            },
            None => Self::Unknown,
        }
    }
}

impl Registry {
    pub(super) fn new(file: &LoadFile) -> Self {
        let reads = file.operations.iter().any(|operation| READING.contains(&operation.kind()));
        Self(Arc::new(Shared {
            reads,
            keeps: AtomicBool::new(reads),
            uploads: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            kept: Mutex::default(),
            open: Mutex::default(),
        }))
    }

    /// What is pushed from now on is forgotten (true), or kept again.
    pub(super) fn measured(&self, measured: bool) {
        self.0.keeps.store(self.0.reads && !measured, Ordering::Relaxed);
    }

    pub(super) fn party(&self) -> Party {
        let registry = self.clone();
        Party::from_fn(move |request| {
            let registry = registry.clone();
            async move { registry.answer(request).await }
        })
    }

    async fn answer(&self, request: Request) -> Result<Response, WireError> {
        let (head, body) = request.into_parts();
        let path = head.uri.path();
        let place = Place::of(path);
        if matches!(head.method, Method::GET | Method::HEAD) {
            return Ok(match place {
                Place::Base => answer(StatusCode::OK),
                Place::Blob(digest) => self.read(digest, &head.method),
                Place::Manifest(name, reference) => self.read(&format!("{name}/{reference}"), &head.method),
                _ => answer(StatusCode::NOT_FOUND),
            });
        }
        let Some(taken) = self.take(body).await? else { return Ok(full()) };
        Ok(match (&head.method, place) {
            (&Method::POST, Place::Uploads(name)) => match asked(&head, "digest").or(asked(&head, "mount")) {
                Some(digest) => self.store(name, path, digest, taken),
                None => self.begin(path),
            },
            (&Method::PATCH, Place::Upload(_)) => self.go_on(path, taken),
            (&Method::PUT, Place::Upload(name)) => {
                self.store(name, path, asked(&head, "digest").unwrap_or_default(), taken)
            }
            (&Method::PUT, Place::Manifest(name, reference)) => self.manifest(name, reference, &head, taken),
            _ => answer(StatusCode::METHOD_NOT_ALLOWED),
        })
    }

    /// Reads the body, and keeps it if that is what is done now; nothing if that would be too much.
    async fn take(&self, mut body: Body) -> Result<Option<Taken>, WireError> {
        let (mut length, mut chunks, mut last) = (0, Vec::new(), BytesMut::new());
        let keeps = self.0.keeps.load(Ordering::Relaxed);
        while let Some(frame) = body.next().await.transpose()? {
            length += frame.len() as u64;
            if !keeps {
                continue;
            }
            if self.0.bytes.fetch_add(frame.len() as u64, Ordering::Relaxed) + frame.len() as u64 > MOST {
                body.drain().await?;
                return Ok(None);
            }
            last.extend_from_slice(&frame);
            if last.len() >= CHUNK {
                chunks.push(last.split().freeze());
            }
        }
        if !last.is_empty() {
            chunks.push(last.freeze());
        }
        Ok(Some(Taken { length, chunks }))
    }

    fn begin(&self, path: &str) -> Response {
        let number = self.0.uploads.fetch_add(1, Ordering::Relaxed);
        with(answer(StatusCode::ACCEPTED), LOCATION, &format!("{path}{number}"))
    }

    fn go_on(&self, path: &str, taken: Taken) -> Response {
        if !taken.chunks.is_empty() {
            locked(&self.0.open).entry(path.to_owned()).or_default().extend(taken.chunks);
        }
        let response = with(answer(StatusCode::ACCEPTED), LOCATION, path);
        with(response, RANGE, &format!("0-{}", taken.length.saturating_sub(1)))
    }

    /// A blob is complete.
    fn store(&self, name: &str, path: &str, digest: String, taken: Taken) -> Response {
        let mut chunks = locked(&self.0.open).remove(path).unwrap_or_default();
        chunks.extend(taken.chunks);
        let created = created(&format!("/v2/{name}/blobs/{digest}"), &digest);
        if self.0.keeps.load(Ordering::Relaxed) {
            let content_type = HeaderValue::from_static("application/octet-stream");
            let blob = Kept { chunks, content_type, digest: digest.clone() };
            // What is mounted is there already.
            locked(&self.0.kept).entry(digest).or_insert(blob);
        }
        created
    }

    fn manifest(&self, name: &str, reference: &str, head: &Parts, taken: Taken) -> Response {
        let Some(content_type) = head.headers.get(CONTENT_TYPE).filter(|_| !taken.chunks.is_empty()) else {
            return with(answer(StatusCode::CREATED), LOCATION, &format!("/v2/{name}/manifests/{reference}"));
        };
        let digest = Digest::of(&taken.chunks.concat()).to_string();
        let created = created(&format!("/v2/{name}/manifests/{digest}"), &digest);
        let manifest = Kept { chunks: taken.chunks, content_type: content_type.clone(), digest };
        let mut kept = locked(&self.0.kept);
        kept.insert(format!("{name}/{}", manifest.digest), manifest.clone());
        kept.insert(format!("{name}/{reference}"), manifest);
        created
    }

    /// What is kept under this key.
    fn read(&self, key: &str, method: &Method) -> Response {
        let Some(kept) = locked(&self.0.kept).get(key).cloned() else { return answer(StatusCode::NOT_FOUND) };
        let mut response = with(answer(StatusCode::OK), DIGEST, &kept.digest);
        let length: u64 = kept.chunks.iter().map(|chunk| chunk.len() as u64).sum();
        response.headers_mut().insert(CONTENT_TYPE, kept.content_type);
        response.headers_mut().insert(CONTENT_LENGTH, length.into());
        if *method == Method::GET {
            let frames = |chunk: Bytes| {
                (0..chunk.len()).step_by(FRAME).map(move |at| Ok(chunk.slice(at..chunk.len().min(at + FRAME))))
            };
            *response.body_mut() = Body::sized(length, stream::iter(kept.chunks.into_iter().flat_map(frames)));
        }
        response
    }
}

/// A parameter of the query.
fn asked(head: &Parts, name: &str) -> Option<String> {
    let mut pairs = head.uri.query()?.split('&');
    let value = pairs.find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
    Some(value.replace("%3A", ":").replace("%3a", ":"))
}

fn answer(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

fn created(location: &str, digest: &str) -> Response {
    with(with(answer(StatusCode::CREATED), LOCATION, location), DIGEST, digest)
}

fn full() -> Response {
    let message = format!("`limit` keeps at most {} GiB of what a load prepares", MOST >> 30);
    let body = format!(r#"{{"errors":[{{"code":"SIZE_INVALID","message":"{message}"}}]}}"#);
    let response = answer(StatusCode::PAYLOAD_TOO_LARGE).map(|_| Body::from(body));
    with(response, CONTENT_TYPE, "application/json")
}

/// What a header cannot hold is left out.
fn with(mut response: Response, name: HeaderName, value: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
    response
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
