//! The client itself: what it holds, raw calls, and the two questions that need no content: ping and HEAD.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{Method, StatusCode, Uri};
use shakedown_oci::{Digest, MediaType, Reference, RepositoryName, media_type};
use shakedown_wire::{Party, Request, Response, TraceId};

use crate::findings::Ledger;
use crate::session::{Answer, Hop, Payload, Tokens, retry_after};
use crate::{At, CallPolicy, ClientError, ClientOptions, Credentials, Outcome, StatusError, check, location};

/// Largest body of a caller that is kept to be sent again.
const KEPT: u64 = 64 * 1024;
/// The same where a challenge may have to be answered.
const KEPT_FOR_CHALLENGE: u64 = 8 << 20;
/// Largest body of an error that is read.
const ERROR_LIMIT: usize = 64 * 1024;

/// An OCI client. Clones are cheap and share tokens and trace ids.
#[derive(Clone)]
pub struct Client {
    party: Party,
    options: Arc<ClientOptions>,
    tokens: Arc<Tokens>,
}

/// What HEAD tells about content that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// `Docker-Content-Digest`, if it is a digest.
    pub digest: Option<Digest>,
    /// `Content-Length`.
    pub size: Option<u64>,
    /// `Content-Type`.
    pub media_type: Option<MediaType>,
    /// The exchange.
    pub trace: Option<TraceId>,
}

/// The answer of `GET /v2/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pinged {
    /// Its status: 200, or 401 where authentication is needed and failed.
    pub status: StatusCode,
    /// `Docker-Distribution-API-Version`.
    pub api_version: Option<String>,
}

impl Client {
    /// A client that speaks to `party`.
    pub fn new(party: Party, options: ClientOptions) -> Self {
        Self { party, options: Arc::new(options), tokens: Arc::default() }
    }

    /// The same client as somebody else; tokens are not shared.
    #[must_use]
    pub fn with_credentials(&self, credentials: Credentials) -> Self {
        let options = ClientOptions { credentials, ..ClientOptions::clone(&self.options) };
        Self { party: self.party.clone(), options: Arc::new(options), tokens: Arc::default() }
    }

    /// The same client, tokens included, with another policy.
    #[must_use]
    pub fn with_policy(&self, policy: CallPolicy) -> Self {
        let options = ClientOptions { policy, ..ClientOptions::clone(&self.options) };
        Self { options: Arc::new(options), ..self.clone() }
    }

    /// What it was told.
    pub fn options(&self) -> &ClientOptions {
        &self.options
    }

    /// Whether an answer from there is the registry's own, and not that of a store it redirected to.
    pub(crate) fn is_own(&self, uri: &Uri) -> bool {
        crate::location::same_origin(uri, &self.options.base)
    }

    pub(crate) fn party(&self) -> &Party {
        &self.party
    }

    pub(crate) fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// Sends a request under the client's policy. The URI is absolute, or a path under the registry's base.
    ///
    /// # Errors
    /// Only if there is no answer to give back; every status is an answer. The trace id of the answer's exchange is in its
    /// extensions.
    pub async fn call(&self, request: Request) -> Result<Response, ClientError> {
        self.call_with(request, &self.options.policy).await
    }

    /// The same under another policy; [`CallPolicy::raw`] sends exactly one request.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn call_with(&self, request: Request, policy: &CallPolicy) -> Result<Response, ClientError> {
        let (head, body) = request.into_parts();
        let uri = self.absolute(&head.uri)?;
        // A challenge comes after the body: it must be there for the second time.
        let kept = if policy.authenticate { KEPT_FOR_CHALLENGE } else { KEPT };
        let payload = Payload::from_body(body, kept)
            .await
            .map_err(|error| ClientError::Wire { at: At::new(&head.method, &uri, None), error })?;
        let mut hop = Hop::new(head.method, uri).payload(payload);
        hop.headers = head.headers;
        let answer = self.send(hop, policy, &Ledger::default()).await?;
        Ok(answer.into_response())
    }

    /// `GET /v2/`.
    pub async fn ping(&self) -> Outcome<Pinged> {
        let op = self.op();
        let result = op.ping().await;
        op.ledger.finish(result)
    }

    /// HEAD of a blob; `None` for 404.
    pub async fn head_blob(&self, repository: &RepositoryName, digest: &Digest) -> Outcome<Option<Head>> {
        let op = self.op();
        let result = op.head_blob(repository, digest).await;
        op.ledger.finish(result)
    }

    /// HEAD of a manifest; `None` for 404.
    pub async fn head_manifest(&self, repository: &RepositoryName, reference: &Reference) -> Outcome<Option<Head>> {
        let op = self.op();
        let result = op.head_manifest(repository, reference).await;
        op.ledger.finish(result)
    }

    pub(crate) fn op(&self) -> Op<'_> {
        Op { client: self, ledger: Ledger::default() }
    }

    /// The URI of a path below `/v2/`, with the base's prefix.
    pub(crate) fn uri(&self, path: &str) -> Result<Uri, ClientError> {
        let prefix = self.options.base.path().trim_end_matches('/');
        location::resolve(&self.options.base, &format!("{prefix}/v2/{path}")).map_err(|_| self.misnamed(path))
    }

    fn absolute(&self, uri: &Uri) -> Result<Uri, ClientError> {
        if uri.scheme().is_some() {
            return Ok(uri.clone());
        }
        let prefix = self.options.base.path().trim_end_matches('/');
        let text = format!("{prefix}{}", uri.path_and_query().map_or("/", |path| path.as_str()));
        location::resolve(&self.options.base, &text)
            .map_err(|error| ClientError::Location { at: At::new(&Method::GET, uri, None), error })
    }

    fn misnamed(&self, path: &str) -> ClientError {
        let what = format!("{} cannot be a path", shakedown_oci::quote(path));
        ClientError::Answer { at: At::new(&Method::GET, &self.options.base, None), what }
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("options", &self.options).finish_non_exhaustive()
    }
}

/// One high-level call: the client and what the call collects. The parts of each call are in `push`, `pull` and `list`.
#[derive(Clone)]
pub(crate) struct Op<'a> {
    pub(crate) client: &'a Client,
    pub(crate) ledger: Ledger,
}

impl Op<'_> {
    /// Sends under the client's policy; any status is an answer.
    pub(crate) async fn send(&self, hop: Hop) -> Result<Answer, ClientError> {
        self.client.send(hop, &self.client.options.policy, &self.ledger).await
    }

    /// Sends, and takes any other status than `wanted` for the end of the call.
    pub(crate) async fn expect(&self, hop: Hop, wanted: &[u16]) -> Result<Answer, ClientError> {
        let answer = self.send(hop).await?;
        if wanted.contains(&answer.status().as_u16()) { Ok(answer) } else { Err(self.refused(answer).await) }
    }

    /// The error for an answer with a status that ends the call; its body is read and checked.
    pub(crate) async fn refused(&self, mut answer: Answer) -> ClientError {
        // A body that is cut or too long is judged by its beginning.
        let body: Bytes = if answer.method == Method::HEAD { Bytes::new() } else { beginning(&mut answer).await };
        let status = answer.status();
        // What a store answers after a redirect is the store's, not an error body of the registry (C01).
        let registrys = location::same_origin(&answer.uri, &self.client.options.base);
        if registrys && answer.method != Method::HEAD {
            self.ledger.add(check::error_answer(status, answer.headers(), &body, answer.trace));
        }
        let code = shakedown_oci::ErrorBody::parse(&body).ok().map(|errors| errors.first_code().to_owned());
        let excerpt = if answer.method == Method::HEAD { "no body".to_owned() } else { crate::excerpt::excerpt(&body) };
        let retry_after = retry_after(answer.headers(), self.client.options.clock.now());
        ClientError::Status(Box::new(StatusError { at: answer.at(), status, code, excerpt, retry_after }))
    }

    async fn ping(&self) -> Result<Pinged, ClientError> {
        let answer = self.expect(Hop::get(self.client.uri("")?), &[200, 401]).await?;
        let api_version = answer.text("docker-distribution-api-version").map(str::to_owned);
        Ok(Pinged { status: answer.status(), api_version })
    }

    pub(crate) async fn head_blob(
        &self,
        repository: &RepositoryName,
        digest: &Digest,
    ) -> Result<Option<Head>, ClientError> {
        let hop = Hop::new(Method::HEAD, self.client.uri(&format!("{repository}/blobs/{digest}"))?);
        let head = self.head(hop).await?;
        if let Some(head) = &head {
            self.ledger.add(check::same_digest(
                "EX2",
                head.trace,
                "Docker-Content-Digest of HEAD",
                digest,
                head.digest.as_ref(),
            ));
        }
        Ok(head)
    }

    pub(crate) async fn head_manifest(
        &self,
        repository: &RepositoryName,
        reference: &Reference,
    ) -> Result<Option<Head>, ClientError> {
        let hop = Hop::new(Method::HEAD, self.client.uri(&format!("{repository}/manifests/{reference}"))?);
        let head = self.head(hop.header(ACCEPT, media_type::ALL_MANIFESTS.join(", "))).await?;
        if let (Some(head), Some(digest)) = (&head, reference.digest()) {
            self.ledger.add(check::same_digest(
                "EX2",
                head.trace,
                "Docker-Content-Digest of HEAD",
                digest,
                head.digest.as_ref(),
            ));
        }
        Ok(head)
    }

    async fn head(&self, hop: Hop) -> Result<Option<Head>, ClientError> {
        let answer = self.expect(hop, &[200, 404]).await?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        self.ledger.add(check::head(&answer, self.client.is_own(&answer.uri)));
        let digest = answer.text("docker-content-digest").and_then(|text| text.parse().ok());
        let media_type = answer.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()?.parse().ok());
        Ok(Some(Head { digest, size: answer.content_length(), media_type, trace: answer.trace }))
    }
}

async fn beginning(answer: &mut Answer) -> Bytes {
    let mut start = Vec::new();
    while let Some(Ok(frame)) = answer.frame().await {
        let room = ERROR_LIMIT - start.len();
        start.extend_from_slice(&frame[..frame.len().min(room)]);
        if start.len() == ERROR_LIMIT {
            break;
        }
    }
    start.into()
}
