//! The upstream of a pull-through cache: who it is, and what it is asked (incidents H04-H08).
//!
//! The bucket is the cache, in the layout that pushes write, so that everything that reads it stays as it is. Redirects, challenges and
//! tokens are the OCI client's: credentials go to the upstream and the token server that it names, never to where a redirect leads.
//! Not here: what clients are answered (`api::through`), the transfer of a blob (`fetch`), what is too old (`life::expiry`).

mod fetch;
mod flights;
mod trouble;

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, Method, Uri};
use shakedown_client::{CallPolicy, Client, ClientOptions, Credentials};
use shakedown_oci::{Digest, Manifest, MediaType, Reference, RepositoryName, media_type};
use shakedown_wire::{Body, Clock, Party, Request, Response, TRACE_HEADER};
use tokio::time::timeout;

use crate::context::Context;
use crate::locks::KeyLocks;

pub(crate) use fetch::{Begun, Fetch};
pub(crate) use flights::{Flights, Join};
pub(crate) use trouble::Trouble;

/// Longest wait for the head of an answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// Longest time that a manifest's bytes may take, and longest silence within a blob.
const IDLE: Duration = Duration::from_secs(30);

/// The registry of which a pull-through cache keeps copies.
#[derive(Debug, Clone)]
pub struct UpstreamConfig {
    /// Scheme, host and port; `/v2/` comes after it.
    pub base: Uri,
    /// As whom it is asked; never shown to clients, never sent to another host.
    pub credentials: Credentials,
}

/// The upstream as this process sees it.
pub(crate) struct Upstream {
    client: Client,
    /// Blobs on their way.
    pub(crate) flights: Flights,
    /// Held while a manifest is fetched, so that those who wait find it here.
    pub(crate) manifests: KeyLocks,
}

/// A manifest that was fetched and verified.
pub(crate) struct Fetched {
    pub(crate) digest: Digest,
    pub(crate) bytes: Bytes,
    pub(crate) manifest: Manifest,
}

impl Upstream {
    /// Reached through `network`, as the storage is.
    pub(crate) fn new(config: &UpstreamConfig, network: Party, clock: Clock) -> Self {
        let options = ClientOptions {
            credentials: config.credentials.clone(),
            // The first answer counts: who waits behind the cache has retries of his own.
            policy: CallPolicy::single(),
            answer_timeout: PATIENCE,
            idle_timeout: IDLE,
            ..ClientOptions::new(config.base.clone(), clock)
        };
        Self { client: Client::new(network, options), flights: Flights::default(), manifests: KeyLocks::default() }
    }

    /// The digest that `reference` has there; `None` where the answer does not say. HEAD, because a look is free of limits at
    /// registries that count pulls.
    pub(crate) async fn head_manifest(
        &self,
        cx: &Context,
        name: &RepositoryName,
        reference: &Reference,
    ) -> Result<Option<Digest>, Trouble> {
        let response = self.ask(cx, Method::HEAD, &format!("{name}/manifests/{reference}")).await?;
        Ok(text(response.headers(), "docker-content-digest").and_then(|digest| digest.parse().ok()))
    }

    /// The manifest; bytes that are none, or not those that were asked for, are trouble.
    pub(crate) async fn manifest(
        &self,
        cx: &Context,
        name: &RepositoryName,
        reference: &Reference,
    ) -> Result<Fetched, Trouble> {
        let (head, body) = self.ask(cx, Method::GET, &format!("{name}/manifests/{reference}")).await?.into_parts();
        let bytes = timeout(IDLE, body.collect(Manifest::MAX_BYTES)).await.map_err(|_| Trouble::Silent)?;
        let bytes = bytes.map_err(|error| Trouble::failed(format!("its manifest broke off: {error}")))?;
        let told = text(&head.headers, "docker-content-digest").and_then(|digest| digest.parse::<Digest>().ok());
        let wanted = reference.digest().cloned().or(told);
        let algorithm = wanted.as_ref().map_or(shakedown_oci::Algorithm::Sha256, Digest::algorithm);
        let digest = Digest::with(algorithm, &bytes);
        if wanted.is_some_and(|wanted| wanted != digest) {
            return Err(Trouble::failed("its manifest does not have its digest"));
        }
        let media_type = text(&head.headers, CONTENT_TYPE.as_str()).and_then(|text| text.parse::<MediaType>().ok());
        let manifest = Manifest::parse(&bytes, media_type.as_ref())
            .map_err(|error| Trouble::failed(format!("what it sent is no manifest: {error}")))?;
        Ok(Fetched { digest, bytes, manifest })
    }

    /// The size of a blob of this repository there.
    pub(crate) async fn head_blob(&self, cx: &Context, name: &RepositoryName, digest: &Digest) -> Result<u64, Trouble> {
        let response = self.ask(cx, Method::HEAD, &format!("{name}/blobs/{digest}")).await?;
        check_blob(response.headers())?;
        let length = text(response.headers(), CONTENT_LENGTH.as_str()).and_then(|text| text.parse().ok());
        length.ok_or_else(|| Trouble::failed("it does not say how long a blob is"))
    }

    /// The bytes of a blob as they come, and how many there will be, if it says so. Nothing is verified yet.
    pub(crate) async fn blob(
        &self,
        cx: &Context,
        name: &RepositoryName,
        digest: &Digest,
    ) -> Result<(Body, Option<u64>), Trouble> {
        let (head, body) = self.ask(cx, Method::GET, &format!("{name}/blobs/{digest}")).await?.into_parts();
        check_blob(&head.headers)?;
        let length = text(&head.headers, CONTENT_LENGTH.as_str()).and_then(|text| text.parse().ok());
        let length = length.or(body.length());
        Ok((body, length))
    }

    /// Asks for what lies below `/v2/`; anything but a 200 is trouble.
    pub(crate) async fn ask(&self, cx: &Context, method: Method, path: &str) -> Result<Response, Trouble> {
        let mut request = Request::new(Body::empty());
        *request.method_mut() = method;
        *request.uri_mut() = format!("/v2/{path}").parse().map_err(|_| Trouble::failed("the name makes no path"))?;
        let headers = request.headers_mut();
        if path.contains("/manifests/")
            && let Ok(value) = media_type::ALL_MANIFESTS.join(", ").parse()
        {
            headers.insert(ACCEPT, value);
        }
        // So that a trace shows whose request it was.
        headers.extend(cx.traceparent.clone().map(|value| (http::HeaderName::from_static(TRACE_HEADER), value)));
        let answered = self.client.call(request).await;
        let trouble = match answered {
            Ok(response) if response.status() == http::StatusCode::OK => return Ok(response),
            Ok(response) => Trouble::of_answer(&response),
            Err(error) => Trouble::of_error(&error),
        };
        if trouble.is_passing() {
            cx.warn(&format!("upstream: {trouble}"));
        }
        Err(trouble)
    }
}

/// A page of HTML is no blob, and a compressed blob does not have its digest (incidents H06, E07).
fn check_blob(headers: &HeaderMap) -> Result<(), Trouble> {
    if is_page(headers) {
        return Err(Trouble::failed("it answered with a page of HTML"));
    }
    let encoding = text(headers, CONTENT_ENCODING.as_str()).filter(|encoding| *encoding != "identity");
    encoding.map_or(Ok(()), |_| Err(Trouble::failed("it sent a blob in another encoding")))
}

fn is_page(headers: &HeaderMap) -> bool {
    text(headers, CONTENT_TYPE.as_str()).is_some_and(|text| text.trim_start().starts_with("text/html"))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
