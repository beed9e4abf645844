//! What one scenario wrote to a registry that is not ours, as seen on the wire, and its removal. Writes outside of the scenario's own
//! repositories are not let through. Not here: repositories of others (`World::build` looks whether the place is empty).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::header::{ACCEPT, LOCATION};
use http::{Method, Uri};
use indexmap::IndexMap;
use shakedown_client::{CallPolicy, Client, location};
use shakedown_oci::media_type;
use shakedown_wire::{Body, Party, Request, Response, WireError};

/// Limit for the removal of what one scenario wrote.
const LIMIT: Duration = Duration::from_secs(60);

/// Everything written below one prefix. Clones are one record.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    base: Uri,
    /// `/v2/sd-0011223344556677/`, after the base's own path.
    prefix: String,
    items: Arc<Mutex<Items>>,
}

/// In the order of writing: what refers to others comes after them.
#[derive(Debug, Default)]
struct Items {
    /// Paths of manifests, by tag or digest, and whether the write was acknowledged.
    manifests: Vec<(String, bool)>,
    /// Paths of blobs.
    blobs: Vec<String>,
    /// Open uploads: path -> what DELETE takes.
    uploads: BTreeMap<String, Uri>,
    /// Where uploads were asked for without an answer: if they were begun, nobody knows their address.
    nameless: Vec<String>,
}

impl Written {
    /// Nothing yet. `prefix` is the first component of all repositories of the scenario.
    pub(crate) fn new(base: &Uri, prefix: &str) -> Self {
        let prefix = format!("{}/v2/{prefix}/", base.path().trim_end_matches('/'));
        Self { base: base.clone(), prefix, items: Arc::default() }
    }

    /// `party`, with everything noted that is written through it.
    pub(crate) fn party(&self, party: Party) -> Party {
        let written = self.clone();
        Party::from_fn(move |request: Request| {
            let (written, party) = (written.clone(), party.clone());
            let (method, uri) = (request.method().clone(), request.uri().clone());
            async move {
                let ours = uri.authority() == written.base.authority();
                if ours && !written.may(&method, uri.path()) {
                    let what = format!("{method} {} is not below {}: not sent", uri.path(), written.prefix);
                    return Err(WireError::Other(what));
                }
                let mut open = Open { written: ours.then_some(&written), method: &method, uri: &uri };
                let outcome = party.send(request).await;
                if let Some(written) = open.written.take() {
                    written.note(&method, &uri, outcome.as_ref().ok());
                }
                outcome
            }
        })
    }

    fn items(&self) -> std::sync::MutexGuard<'_, Items> {
        self.items.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads may go anywhere; writes only where the scenario is at home, and to uploads that were given to it.
    fn may(&self, method: &Method, path: &str) -> bool {
        let reads = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
        reads || path.starts_with(&self.prefix) || self.items().uploads.contains_key(path)
    }

    /// Notes what a request did; without an answer it may have been done.
    fn note(&self, method: &Method, uri: &Uri, answer: Option<&Response>) {
        let status = answer.map(|answer| answer.status().as_u16());
        let refused = status.is_some_and(|status| (400..500).contains(&status));
        let path = uri.path().to_owned();
        let location = answer.and_then(|answer| {
            let text = answer.headers().get(LOCATION)?.to_str().ok()?;
            location::resolve(uri, text).ok()
        });
        let is_upload = path.contains("/blobs/uploads/") || self.items().uploads.contains_key(&path);
        match *method {
            Method::PUT | Method::POST | Method::PATCH if is_upload => {
                if status == Some(202)
                    && let Some(next) = location
                {
                    let mut items = self.items();
                    items.uploads.remove(&path);
                    items.uploads.insert(next.path().to_owned(), next);
                } else if status == Some(201) {
                    // Some keep it under a digest of another algorithm than was asked for.
                    let kept_as = location.map(|location| location.path().to_owned());
                    let kept_as = kept_as.filter(|kept| kept.starts_with(&self.prefix));
                    let mut items = self.items();
                    items.uploads.remove(&path);
                    items.blobs.extend(blob_of(&path, uri).into_iter().chain(kept_as));
                } else if status.is_none() {
                    self.unanswered(method, &path, uri);
                }
            }
            Method::PUT if path.contains("/manifests/") && !refused => {
                let repository = path.rsplit_once("/manifests/").map_or("", |(repository, _)| repository);
                let tags =
                    uri.query().into_iter().flat_map(|query| query.split('&')).filter_map(|pair| {
                        pair.strip_prefix("tag=").map(|tag| format!("{repository}/manifests/{tag}"))
                    });
                let tags: Vec<_> = tags.collect();
                let header = answer.and_then(|answer| answer.headers().get("docker-content-digest")?.to_str().ok());
                let digest = header.map(|digest| format!("{repository}/manifests/{digest}"));
                let paths = digest.into_iter().chain([path.clone()]).chain(tags);
                self.items().manifests.extend(paths.map(|path| (path, status == Some(201))));
            }
            Method::DELETE if matches!(status, Some(202 | 204)) => {
                let mut items = self.items();
                items.uploads.remove(&path);
                items.blobs.retain(|blob| *blob != path);
            }
            _ => {}
        }
    }

    /// An upload whose request had no answer: the blob may be there, and the session, too.
    fn unanswered(&self, method: &Method, path: &str, uri: &Uri) {
        let mut items = self.items();
        match blob_of(path, uri) {
            Some(blob) => items.blobs.push(blob),
            None if *method == Method::POST => items.nameless.push(name_of(path).to_owned()),
            None => {}
        }
    }

    /// Removes all of it; what is left is told. `client` must not be one whose calls are noted here.
    pub(crate) async fn remove(&self, client: &Client) -> Vec<String> {
        let items = std::mem::take(&mut *self.items());
        let removal = Removal { client, base: &self.base, left: Mutex::default() };
        if tokio::time::timeout(LIMIT, removal.all(items)).await.is_err() {
            removal.leave(format!("everything of {} that was not removed within {LIMIT:?}", self.prefix));
        }
        removal.left.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request on its way. One that is given up before its answer came (an interrupt, a limit) may have been carried out all the same.
struct Open<'a> {
    written: Option<&'a Written>,
    method: &'a Method,
    uri: &'a Uri,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        if let Some(written) = self.written {
            written.note(self.method, self.uri, None);
        }
    }
}

/// `/v2/<name>/blobs/<digest>` of an upload that ended, or of a mount.
fn blob_of(path: &str, uri: &Uri) -> Option<String> {
    let (repository, _) = path.rsplit_once("/blobs/uploads/")?;
    let value = |name: &str| uri.query()?.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    let digest = value("digest").or_else(|| value("mount"))?;
    Some(format!("{repository}/blobs/{}", digest.replace("%3A", ":").replace("%3a", ":")))
}

struct Removal<'a> {
    client: &'a Client,
    base: &'a Uri,
    left: Mutex<Vec<String>>,
}

impl Removal<'_> {
    fn leave(&self, what: String) {
        self.left.lock().unwrap_or_else(PoisonError::into_inner).push(what);
    }

    async fn all(&self, items: Items) {
        for place in items.nameless {
            self.leave(format!("perhaps an upload in {place}: the request for it had no answer"));
        }
        for uri in items.uploads.values() {
            self.delete("upload", uri.clone(), &[200, 202, 204, 404]).await;
        }
        let is_digest = |path: &str| path.rsplit('/').next().is_some_and(|reference| reference.contains(':'));
        let (digests, tags): (Vec<_>, Vec<_>) = items.manifests.into_iter().partition(|(path, _)| is_digest(path));
        let (mut digests, tags) = (digests, once_each(tags));
        for (path, acknowledged) in &tags {
            // Answers need not tell the digest.
            let repository = path.rsplit_once('/').map_or("", |(repository, _)| repository);
            if !digests.iter().any(|(digest, _)| digest.starts_with(repository)) {
                let digest = self.digest(path).await;
                digests.extend(digest.map(|digest| (format!("{repository}/{digest}"), *acknowledged)));
            }
        }
        let mut kept_tags = Vec::new();
        for (path, acknowledged) in tags {
            if !matches!(self.send(Method::DELETE, &path).await, Ok(202 | 404)) && acknowledged {
                kept_tags.push(path);
            }
        }
        for (path, acknowledged) in once_each(digests) {
            // What was refused need not be there.
            let gone: &[u16] = if acknowledged { &[202, 404] } else { &[202, 400, 404, 405] };
            self.delete_path("manifest", &path, gone).await;
        }
        for path in kept_tags {
            // Where tags cannot be deleted they go with their manifest.
            match self.send(Method::HEAD, &path).await {
                Ok(404) => {}
                answer => self.leave(format!("tag {}: still there ({})", name_of(&path), told(&answer))),
            }
        }
        for (path, _) in once_each(items.blobs.into_iter().map(|path| (path, true)).collect()) {
            self.delete_path("blob", &path, &[202, 404]).await;
        }
    }

    /// The digest under a tag.
    async fn digest(&self, path: &str) -> Option<String> {
        let response = self.call(Method::HEAD, location::resolve(self.base, path).ok()?).await.ok()?;
        Some(response.headers().get("docker-content-digest")?.to_str().ok()?.to_owned())
    }

    async fn delete_path(&self, what: &str, path: &str, gone: &[u16]) {
        match location::resolve(self.base, path) {
            Ok(uri) => self.delete(what, uri, gone).await,
            Err(error) => self.leave(format!("{what} {}: {error}", name_of(path))),
        }
    }

    async fn delete(&self, what: &str, uri: Uri, gone: &[u16]) {
        let name = name_of(uri.path()).to_owned();
        let answer = self.call(Method::DELETE, uri).await.map(|response| response.status().as_u16());
        if !answer.as_ref().is_ok_and(|status| gone.contains(status)) {
            self.leave(format!("{what} {name}: {} on DELETE", told(&answer)));
        }
    }

    async fn send(&self, method: Method, path: &str) -> Result<u16, String> {
        let uri = location::resolve(self.base, path).map_err(|error| error.to_string())?;
        Ok(self.call(method, uri).await?.status().as_u16())
    }

    async fn call(&self, method: Method, uri: Uri) -> Result<Response, String> {
        let accept = format!("{}, */*", media_type::ALL_MANIFESTS.join(", "));
        let request = http::Request::builder().method(method).uri(uri).header(ACCEPT, accept).body(Body::empty());
        let request = request.map_err(|error| error.to_string())?;
        let (head, body) = self
            .client
            .call_with(request, &CallPolicy::single())
            .await
            .map_err(|error| error.to_string())?
            .into_parts();
        // Read, so that the connection can be used again; what it says is of no interest.
        let _ = body.drain().await;
        Ok(Response::from_parts(head, Body::empty()))
    }
}

/// The last first: what refers to others was written after them. A path is acknowledged if it ever was.
fn once_each(list: Vec<(String, bool)>) -> Vec<(String, bool)> {
    let mut last_first: IndexMap<String, bool> = IndexMap::new();
    for (path, acknowledged) in list.into_iter().rev() {
        *last_first.entry(path).or_default() |= acknowledged;
    }
    last_first.into_iter().collect()
}

fn name_of(path: &str) -> &str {
    path.split_once("/v2/").map_or(path, |(_, name)| name)
}

fn told(answer: &Result<u16, String>) -> String {
    answer.as_ref().map_or_else(Clone::clone, ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;
    use shakedown_client::ClientOptions;
    use shakedown_wire::Clock;

    /// A registry that answers every request in the same way and remembers what was asked.
    fn answering(statuses: fn(&Method, &str) -> u16) -> (Party, Arc<Mutex<Vec<String>>>) {
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let seen = asked.clone();
        let party = Party::from_fn(move |request: Request| {
            let path = request.uri().path().to_owned();
            seen.lock().unwrap().push(format!("{} {path}", request.method()));
            let status = statuses(request.method(), &path);
            async move {
                let location = if status == 202 { "/v2/sd-1/a/blobs/uploads/7?x=1" } else { "/elsewhere" };
                let head = http::Response::builder().status(status).header(LOCATION, location);
                Ok(head.header("docker-content-digest", "sha256:aa").body(Body::empty()).unwrap())
            }
        });
        (party, asked)
    }

    async fn send(party: &Party, method: Method, path: &str) -> Result<Response, WireError> {
        let uri = format!("http://r.test{path}");
        party.send(http::Request::builder().method(method).uri(uri).body(Body::empty()).unwrap()).await
    }

    fn statuses(method: &Method, path: &str) -> u16 {
        match (method.as_str(), path) {
            ("POST", _) => 202,
            ("PUT", _) => 201,
            ("DELETE", path) if path.contains("sha256:keep") => 405,
            ("DELETE", _) => 202,
            _ => 200,
        }
    }

    #[tokio::test]
    async fn what_was_written_is_removed_and_what_stays_is_told() {
        let base: Uri = "http://r.test".parse().unwrap();
        let (registry, asked) = answering(statuses);
        let written = Written::new(&base, "sd-1");
        let party = written.party(registry.clone());
        for (method, path) in [
            (Method::POST, "/v2/sd-1/a/blobs/uploads/"),
            (Method::PUT, "/v2/sd-1/a/blobs/uploads/7?x=1&digest=sha256:bb"),
            (Method::POST, "/v2/sd-1/a/blobs/uploads/"),
            (Method::PUT, "/v2/sd-1/a/manifests/sha256:keep?tag=v2"),
            (Method::PUT, "/v2/sd-1/a/manifests/v1"),
            (Method::GET, "/v2/others/tags/list"),
        ] {
            send(&party, method, path).await.unwrap();
        }
        asked.lock().unwrap().clear();
        let client = Client::new(registry, ClientOptions::new(base, Clock::real_time()));
        let left = written.remove(&client).await;
        assert_eq!(left, ["manifest sd-1/a/manifests/sha256:keep: 405 on DELETE"]);
        let asked = asked.lock().unwrap().clone();
        let deleted: Vec<_> = asked.iter().filter_map(|line| line.strip_prefix("DELETE /v2/sd-1/a/")).collect();
        let expected = [
            "blobs/uploads/7",
            "manifests/v1",
            "manifests/v2",
            "manifests/sha256:aa",
            "manifests/sha256:keep",
            "blobs/sha256:bb",
        ];
        assert_eq!(deleted, expected);
        assert!(written.remove(&client).await.is_empty(), "it is removed once");
    }

    #[tokio::test]
    async fn what_was_given_up_before_its_answer_is_removed_too() {
        let base: Uri = "http://r.test".parse().unwrap();
        let written = Written::new(&base, "sd-1");
        let (registry, asked) = answering(statuses);
        send(&written.party(registry.clone()), Method::POST, "/v2/sd-1/a/blobs/uploads/").await.unwrap();
        let silent = written.party(Party::from_fn(|_| std::future::pending::<Result<Response, WireError>>()));
        for (method, path) in [
            (Method::PUT, "/v2/sd-1/a/blobs/uploads/7?x=1&digest=sha256:bb"),
            (Method::PUT, "/v2/sd-1/a/manifests/v1"),
            (Method::POST, "/v2/sd-1/b/blobs/uploads/"),
            (Method::GET, "/v2/sd-1/a/tags/list"),
        ] {
            let limit = std::time::Duration::from_millis(5);
            tokio::time::timeout(limit, send(&silent, method, path)).await.unwrap_err();
        }
        asked.lock().unwrap().clear();
        let client = Client::new(registry, ClientOptions::new(base, Clock::real_time()));
        let left = written.remove(&client).await;
        assert_eq!(left, ["perhaps an upload in sd-1/b/blobs/uploads/: the request for it had no answer"]);
        let asked = asked.lock().unwrap().clone();
        for path in ["blobs/uploads/7", "manifests/v1", "blobs/sha256:bb"] {
            assert!(asked.contains(&format!("DELETE /v2/sd-1/a/{path}")), "{path}: {asked:?}");
        }
    }

    #[tokio::test]
    async fn nothing_is_written_or_deleted_elsewhere() {
        let (registry, asked) = answering(statuses);
        let party = Written::new(&"http://r.test".parse().unwrap(), "sd-1").party(registry);
        for (method, path) in [
            (Method::DELETE, "/v2/others/manifests/v1"),
            (Method::PUT, "/v2/sd-12/a/manifests/v1"),
            (Method::POST, "/v2/sd-1"),
            (Method::PATCH, "/somewhere/7"),
        ] {
            let error = send(&party, method, path).await.unwrap_err();
            assert!(error.to_string().contains("not sent"), "{error}");
        }
        assert!(asked.lock().unwrap().is_empty());
    }
}
