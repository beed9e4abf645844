//! What a probe has in hand: requests within its budget, its own keys, notes and measurements. Usual calls are in `calls`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_LENGTH, HOST};
use http::response::Parts;
use http::{HeaderMap, HeaderValue, Method, Uri};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use sha2::{Digest as _, Sha256};
use shakedown_s3call::{Credentials, Signer};
use shakedown_wire::{Body, Clock, Lane, Party, Recorder, Request, Response, WireError};
use tokio::time::{Instant, timeout};

use crate::answer::Reply;
use crate::ask::{Ask, Sign};
use crate::budget::Budget;
use crate::ledger::Ledger;
use crate::plan::{Level, Plan};
use crate::probe::{Check, End, Probe};
use crate::target::{Style, Target, Transport};

/// Bytes of one answer at most, unless an object is read.
pub(crate) const SMALL: u64 = 4 << 20;
/// Answers kept as evidence of one probe, and beyond it counted only.
const RECORDED: usize = 4096;
/// Life of presigned addresses: that of distribution.
const EXPIRY: Duration = Duration::from_secs(1200);

/// What all probes of a run share.
pub(crate) struct Run {
    pub(crate) target: Target,
    pub(crate) transport: Transport,
    pub(crate) clock: Clock,
    pub(crate) plan: Plan,
    pub(crate) prefix: String,
    pub(crate) style: Style,
    pub(crate) ledger: Ledger,
}

/// One probe's view of the run.
pub(crate) struct Cx {
    pub(crate) run: Arc<Run>,
    pub(crate) budget: Budget,
    pub(crate) recorder: Recorder,
    id: &'static str,
    pooled: Party,
    fresh: Party,
    said: Mutex<Said>,
}

/// What a probe says beside its verdict.
#[derive(Debug, Default, Clone)]
pub(crate) struct Said {
    pub(crate) notes: Vec<String>,
    pub(crate) measures: BTreeMap<&'static str, f64>,
    pub(crate) timeouts: u32,
}

impl Cx {
    pub(crate) fn new(run: Arc<Run>, probe: &Probe) -> Self {
        let level = run.plan.level as usize;
        Self::with_budget(run, probe.id, Budget::new(u64::from(probe.requests[level]), probe.bytes[level]))
    }

    pub(crate) fn with_budget(run: Arc<Run>, id: &'static str, budget: Budget) -> Self {
        let recorder = Recorder::new(run.clock.clone(), RECORDED).without_digests();
        for Credentials { secret_key, session_token, .. } in
            [&run.target.credentials].into_iter().chain(&run.target.registry)
        {
            recorder.secret(secret_key);
            if let Some(token) = session_token {
                recorder.secret(token);
            }
        }
        let lane = Lane::new("probe", "storage");
        let pooled = recorder.layer(lane.clone(), run.transport.pooled.clone());
        let fresh = recorder.layer(lane, run.transport.fresh.clone());
        Self { run, budget, recorder, id, pooled, fresh, said: Mutex::default() }
    }

    pub(crate) fn level(&self) -> Level {
        self.run.plan.level
    }

    /// The count of this level.
    pub(crate) fn times(&self, quick: u32, standard: u32, heavy: u32) -> u32 {
        [quick, standard, heavy][self.level() as usize]
    }

    /// A key of this probe.
    pub(crate) fn key(&self, name: &str) -> String {
        format!("{}/{}/{name}", self.run.prefix, self.id)
    }

    /// Bytes that nobody has seen before, the same for the same seed and name.
    pub(crate) fn content(&self, name: &str, length: usize) -> Bytes {
        let seed = Sha256::digest(format!("{}/{}/{name}", self.run.plan.seed, self.id));
        let mut bytes = BytesMut::zeroed(length);
        ChaCha8Rng::from_seed(seed.into()).fill_bytes(&mut bytes);
        bytes.freeze()
    }

    pub(crate) fn note(&self, text: impl Into<String>) {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).notes.push(text.into());
    }

    pub(crate) fn measure(&self, name: &'static str, value: f64) {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).measures.insert(name, value);
    }

    pub(crate) fn said(&self) -> Said {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sends and reads the whole answer, at most `SMALL` bytes of it.
    pub(crate) async fn send(&self, ask: Ask) -> Check<Reply> {
        self.send_for(ask, SMALL).await
    }

    /// The same, for an object of up to `limit` bytes.
    pub(crate) async fn send_for(&self, ask: Ask, limit: u64) -> Check<Reply> {
        let body = Body::full(ask.body.clone());
        self.exchange(ask, body, limit, |_| {}).await
    }

    /// The same with a body of its own, under the length and hash of `ask.body`.
    pub(crate) async fn exchange(
        &self,
        ask: Ask,
        body: Body,
        limit: u64,
        prepare: impl FnOnce(&mut Request),
    ) -> Check<Reply> {
        self.budget.take(ask.body.len() as u64)?;
        let what = ask.what(&self.run.prefix);
        let mut request = self.request(&ask, body).map_err(|reason| End::Fails(format!("{what}: {reason}")))?;
        prepare(&mut request);
        self.enter(&ask);
        let party = if ask.fresh { &self.fresh } else { &self.pooled };
        let limit = limit.min(self.budget.left());
        let began = Instant::now();
        // A slow link is not a dead one: a mebibyte a second is enough.
        let patience = self.run.plan.request_timeout + Duration::from_secs((ask.body.len() as u64 + limit) >> 20);
        let exchange = async {
            let (head, body) = party.send(request).await?.into_parts();
            let body = body.collect(usize::try_from(limit).unwrap_or(usize::MAX)).await?;
            Ok(Response::from_parts(head, Body::full(body.clone())).map(|_| body))
        };
        let outcome = timeout(patience, exchange).await.unwrap_or(Err(WireError::Timeout { after: patience }));
        let took = began.elapsed();
        let (head, body) = outcome.map_err(|error| self.broken(&what, &error))?.into_parts();
        self.budget.received(body.len() as u64);
        let Parts { status, version, headers, .. } = head;
        let reply = Reply { status: status.as_u16(), version, headers, body, took, what };
        self.leave(&ask, &reply);
        Ok(reply)
    }

    /// Why there is no (whole) answer.
    fn broken(&self, what: &str, error: &WireError) -> End {
        if matches!(error, WireError::Timeout { .. }) {
            self.said.lock().unwrap_or_else(PoisonError::into_inner).timeouts += 1;
        }
        if error.is_unreachable() {
            return End::Gone(format!("{what}: {error}"));
        }
        End::Fails(format!("{what}: {error}"))
    }

    /// Before the request: what it may leave behind.
    fn enter(&self, ask: &Ask) {
        let ledger = &self.run.ledger;
        match ask.method {
            Method::PUT if !ask.has("partNumber") => ledger.writes(&ask.key),
            Method::POST if ask.has("uploads") => ledger.opens(&ask.key),
            Method::POST if ask.has("uploadId") => ledger.writes(&ask.key),
            _ => {}
        }
    }

    /// After the answer: what it did leave.
    fn leave(&self, ask: &Ask, reply: &Reply) {
        let ledger = &self.run.ledger;
        if ask.method == Method::POST && ask.has("uploads") {
            let root = reply.root();
            if let Some(id) = root.as_ref().and_then(|root| root.text_of("UploadId")).filter(|id| !id.is_empty()) {
                ledger.opened(&ask.key, id);
            }
        }
        let id = ask.query.iter().find(|(name, _)| *name == "uploadId");
        let ends = matches!(ask.method, Method::POST | Method::DELETE) && reply.status < 300;
        if let Some((_, id)) = id.filter(|_| ends && reply.code().is_none()) {
            ledger.closed(&ask.key, id);
        }
    }

    /// The signed request.
    fn request(&self, ask: &Ask, body: Body) -> Result<Request, String> {
        let mut target = self.run.target.clone();
        if let Some(bucket) = &ask.bucket {
            target.bucket.clone_from(bucket);
        }
        let style = ask.style.unwrap_or(self.run.style);
        let uri = target.uri(ask.at.as_ref().unwrap_or(&target.endpoint), style, &ask.key, &ask.query)?;
        let mut headers = ask.headers.clone();
        let uri = match &ask.signed_for {
            None => self.sign(ask, uri, &mut headers)?,
            Some(other) => {
                let base = format!("http://{other}").parse().map_err(|_| format!("{other} is no host"))?;
                self.sign(ask, target.uri(&base, style, &ask.key, &ask.query)?, &mut headers)?;
                // What is sent says where it goes.
                let host = uri.authority().map_or("", |authority| authority.as_str());
                headers.insert(HOST, HeaderValue::from_str(host).map_err(|error| error.to_string())?);
                uri
            }
        };
        if !ask.body.is_empty() || matches!(ask.method, Method::PUT | Method::POST) {
            headers.insert(CONTENT_LENGTH, ask.body.len().into());
        }
        let mut request = Request::new(body);
        *request.method_mut() = ask.method.clone();
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        Ok(request)
    }

    fn sign(&self, ask: &Ask, uri: Uri, headers: &mut HeaderMap) -> Result<Uri, String> {
        let target = &self.run.target;
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        headers.insert(HOST, HeaderValue::from_str(authority).map_err(|error| error.to_string())?);
        let (mut credentials, mut region, mut now) = (&target.credentials, &*target.region, self.run.clock.now());
        let wrong =
            Credentials { secret_key: "this-is-not-the-secret-of-these-keys".to_owned(), ..credentials.clone() };
        let mut hash = hex::encode(Sha256::digest(&ask.body));
        match &ask.sign {
            Sign::Header | Sign::Presigned(_) | Sign::PresignedFor(_) => {}
            Sign::Streaming(marker) => (*marker).clone_into(&mut hash),
            Sign::WrongHash => hash = hex::encode(Sha256::digest(b"another body")),
            Sign::WrongSecret => credentials = &wrong,
            Sign::Registry => credentials = target.registry.as_ref().unwrap_or(credentials),
            Sign::Region(other) => region = other,
            Sign::Expired => now -= EXPIRY + Duration::from_secs(7200),
            Sign::Skewed(minutes) => {
                let distance = Duration::from_secs(minutes.unsigned_abs() * 60);
                now = if *minutes < 0 { now - distance } else { now + distance };
            }
        }
        let signer = Signer { credentials, region, now };
        let method = match &ask.sign {
            Sign::Presigned(method) => method,
            Sign::Expired | Sign::PresignedFor(_) => &Method::GET,
            _ => {
                signer.headers(ask.method.as_str(), &uri, headers, &hash)?;
                return Ok(uri);
            }
        };
        let signed = match &ask.sign {
            // The signature of one key in the address of another.
            Sign::PresignedFor(other) => {
                let base = ask.at.as_ref().unwrap_or(&target.endpoint);
                let other = target.uri(base, ask.style.unwrap_or(self.run.style), other, &ask.query)?;
                let signed = signer.presigned(method.as_str(), &other, EXPIRY)?;
                format!("{uri}?{}", signed.split_once('?').map_or("", |(_, query)| query))
            }
            _ => signer.presigned(method.as_str(), &uri, EXPIRY)?,
        };
        signed.parse().map_err(|error: http::uri::InvalidUri| error.to_string())
    }
}
