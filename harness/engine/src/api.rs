//! The registry's API as invariants look at it: redirects followed, nothing recorded.

use bytes::{Bytes, BytesMut};
use futures_util::FutureExt;
use sha2::{Digest as _, Sha256};
use shakedown_client::{Client, location};
use shakedown_wire::{Body, Response};

use crate::content::digest_text;
use crate::view::{ApiAnswer, ApiView, Look, ViewError};

/// Largest body that is kept.
const KEPT: usize = 4 << 20;
/// What a registry may store as a manifest.
const ACCEPT: &str = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, \
     application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json, */*";

/// A client that leaves no trace.
#[derive(Debug, Clone)]
pub(crate) struct QuietApi {
    client: Client,
    base: http::Uri,
}

impl QuietApi {
    /// Looks with `client`, which must not be recorded.
    pub(crate) fn new(client: Client, base: http::Uri) -> Self {
        Self { client, base }
    }

    async fn ask(&self, path: &str) -> Result<ApiAnswer, ViewError> {
        let failed = |reason: String| ViewError { what: format!("GET {path}"), reason };
        let uri = location::resolve(&self.base, path).map_err(|error| failed(error.to_string()))?;
        let request = http::Request::get(uri).header(http::header::ACCEPT, ACCEPT).body(Body::empty());
        let request = request.map_err(|error| failed(error.to_string()))?;
        let response = self.client.call(request).await.map_err(|error| failed(error.to_string()))?;
        Ok(read(response).await)
    }
}

impl ApiView for QuietApi {
    fn get<'a>(&'a self, path: &'a str) -> Look<'a, ApiAnswer> {
        self.ask(path).boxed()
    }
}

async fn read(response: Response) -> ApiAnswer {
    let (head, mut body) = response.into_parts();
    let header = |name: &str| Some(head.headers.get(name)?.to_str().ok()?.to_owned());
    let mut answer = ApiAnswer {
        status: head.status.as_u16(),
        content_type: header("content-type"),
        content_digest: header("docker-content-digest"),
        ..ApiAnswer::default()
    };
    let mut hash = Sha256::new();
    let mut kept = Some(BytesMut::new());
    while let Some(frame) = body.next().await {
        match frame {
            Ok(frame) => {
                answer.bytes += frame.len() as u64;
                hash.update(&frame);
                kept = kept.filter(|kept| kept.len() + frame.len() <= KEPT);
                if let Some(kept) = &mut kept {
                    kept.extend_from_slice(&frame);
                }
            }
            Err(error) => {
                answer.broken = Some(error.to_string());
                break;
            }
        }
    }
    answer.digest = digest_text(hash);
    answer.body = kept.map(Bytes::from);
    answer
}
