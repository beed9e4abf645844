//! What probes have in common: a repository, small content in it, and calls of which status and headers are kept.

use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, Method};
use shakedown_client::{CallPolicy, Client, ImageSpec, PushImage, location};
use shakedown_oci::{Reference, RepositoryName, media_type};
use shakedown_wire::Body;

use super::Found;

/// Bytes of an answer that are read.
const BODY: usize = 1 << 20;

/// A client and a repository for one probe.
#[derive(Debug, Clone)]
pub(crate) struct Look {
    client: Client,
    prefix: String,
    repository: String,
    seed: u64,
}

/// What came.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// A small image that was pushed as `:probe`.
pub(super) struct Pushed {
    pub(super) digest: String,
    pub(super) layer: String,
}

impl Look {
    /// Below `prefix`, with content made from `seed`.
    pub(crate) fn new(client: Client, prefix: &str, seed: u64) -> Self {
        Self { client, prefix: prefix.to_owned(), repository: prefix.to_owned(), seed }
    }

    /// The same in a repository of its own.
    pub(super) fn at(&self, name: &str) -> Self {
        let repository = format!("{}/{name}", self.prefix);
        Self { seed: crate::content::derive(self.seed, &[name]), repository, ..self.clone() }
    }

    /// The repository.
    pub(super) fn name(&self) -> &str {
        &self.repository
    }

    /// One request; the path is below `/v2/<name>/` unless it begins with a slash.
    pub(super) async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<(&str, Vec<u8>)>,
    ) -> Result<Answer, String> {
        let path = if path.starts_with('/') || path.contains("://") {
            path.to_owned()
        } else {
            format!("/v2/{}/{path}", self.repository)
        };
        let uri = location::resolve(&self.client.options().base, &path).map_err(|error| error.to_string())?;
        let mut request = http::Request::builder().method(method).uri(uri);
        request = request.header(ACCEPT, format!("{}, */*", media_type::ALL_MANIFESTS.join(", ")));
        let (kind, bytes) = body.unwrap_or_default();
        if !kind.is_empty() {
            request = request.header(CONTENT_TYPE, kind);
        }
        let body = if bytes.is_empty() { Body::empty() } else { Body::full(bytes) };
        let request = request.body(body).map_err(|error| error.to_string())?;
        let policy = CallPolicy { redirects: 0, ..CallPolicy::single() };
        let response = self.client.call_with(request, &policy).await.map_err(|error| error.to_string())?;
        let (head, body) = response.into_parts();
        let body = body.collect(BODY).await.map(|bytes| bytes.to_vec()).unwrap_or_default();
        Ok(Answer { status: head.status.as_u16(), headers: head.headers, body })
    }

    /// Pushes a small image.
    pub(super) async fn push(&self) -> Result<Pushed, String> {
        let image = ImageSpec::of_sizes([64]).build(self.seed);
        let name: RepositoryName = self.repository.parse().map_err(|error| format!("{error}"))?;
        let tag: Reference = "probe".parse().map_err(|error| format!("{error}"))?;
        let pushed = self.client.push_image(&name, &tag, &image, &PushImage::default()).await;
        pushed.result.map_err(|error| error.to_string())?;
        let layer = image.blobs.get(1).map(|blob| blob.descriptor.digest.to_string()).unwrap_or_default();
        Ok(Pushed { digest: image.root().descriptor.digest.to_string(), layer })
    }
}

impl Answer {
    /// There if the status is one of these.
    pub(super) fn found(&self, there: &[u16], request: &str) -> Found {
        Found { there: there.contains(&self.status), evidence: format!("{} on {request}", self.status) }
    }

    /// A header as text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}
