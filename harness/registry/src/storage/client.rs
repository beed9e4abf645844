//! Sends calls: signs, limits time, tries again where that can help, and says once what was wrong. Not here: what calls mean.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::header::{CONTENT_LENGTH, HOST};
use http::{HeaderValue, Uri};
use rand::{Rng as _, SeedableRng};
use rand_chacha::ChaCha8Rng;
use shakedown_s3call::Signer;
use shakedown_wire::{Clock, Party, Request, TRACE_HEADER};
use tokio::time::{Instant, sleep, timeout};

use super::Credentials;
use super::answer::{Answer, Expect, judge};
use super::call::Call;
use super::outcome::{Flaw, Kind, StorageError};
use crate::config::{RetryPolicy, StorageConfig};
use crate::context::Context;
use crate::defects::{
    DefectSet, no_credential_refresh, no_retry, repeats_with_spent_body, retries_forever, unreachable_is_absent,
};
use crate::layout;

/// What was counted since the start, for health and metrics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StorageCounts {
    /// Requests sent, every try counted.
    pub requests: u64,
    /// Tries after the first.
    pub retries: u64,
    /// Calls that failed for good.
    pub failures: u64,
    /// Error answers that were not the store's own: a gateway stands in between (incident B01).
    pub foreign_answers: u64,
    /// Failures since the last success.
    pub failures_in_a_row: u64,
}

#[derive(Debug, Default)]
struct Counters {
    requests: AtomicU64,
    retries: AtomicU64,
    failures: AtomicU64,
    foreign_answers: AtomicU64,
    failures_in_a_row: AtomicU64,
}

/// The S3 as the registry sees it. Clones share everything.
#[derive(Clone)]
pub(crate) struct Storage(Arc<Shared>);

struct Shared {
    party: Party,
    config: StorageConfig,
    clock: Clock,
    defects: DefectSet,
    rng: Mutex<ChaCha8Rng>,
    counters: Counters,
    /// False once a part or object was found whole although its ETag is not its MD5 (encrypted stores).
    etags_are_md5: AtomicBool,
    /// False once the store has refused a conditional write as unknown to it.
    takes_conditions: AtomicBool,
}

impl Storage {
    pub(crate) fn new(party: Party, config: StorageConfig, clock: Clock, seed: u64, defects: DefectSet) -> Self {
        Self(Arc::new(Shared {
            party,
            config,
            clock,
            defects,
            rng: Mutex::new(ChaCha8Rng::seed_from_u64(seed)),
            counters: Counters::default(),
            etags_are_md5: AtomicBool::new(true),
            takes_conditions: AtomicBool::new(true),
        }))
    }

    pub(crate) fn config(&self) -> &StorageConfig {
        &self.0.config
    }

    pub(crate) fn retry(&self) -> &RetryPolicy {
        &self.0.config.retry
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    pub(crate) fn defects(&self) -> &DefectSet {
        &self.0.defects
    }

    pub(crate) fn etags_are_md5(&self) -> bool {
        self.0.etags_are_md5.load(Ordering::Relaxed)
    }

    pub(crate) fn note_foreign_etags(&self) {
        self.0.etags_are_md5.store(false, Ordering::Relaxed);
    }

    pub(super) fn takes_conditions(&self) -> bool {
        self.0.takes_conditions.load(Ordering::Relaxed)
    }

    pub(super) fn note_no_conditions(&self) {
        self.0.takes_conditions.store(false, Ordering::Relaxed);
    }

    pub(crate) fn counts(&self) -> StorageCounts {
        let Counters { requests, retries, failures, foreign_answers, failures_in_a_row } = &self.0.counters;
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        StorageCounts {
            requests: load(requests),
            retries: load(retries),
            failures: load(failures),
            foreign_answers: load(foreign_answers),
            failures_in_a_row: load(failures_in_a_row),
        }
    }

    /// Sends `call` until its answer is what `expect` says, or trying again makes no sense.
    pub(crate) async fn call(&self, cx: &Context, call: &Call, expect: Expect) -> Result<Answer, StorageError> {
        let policy = self.retry();
        let limit = if call.op.is_slow() { policy.slow_timeout } else { policy.attempt_timeout };
        // A slow link is not a dead one: a mebibyte a second is enough.
        let limit = limit + Duration::from_secs(call.payload.len() >> 20);
        let deadline = Instant::now() + policy.deadline.max(limit);
        let mut credentials = self.config().credentials.current();
        let (mut attempts, mut refreshed) = (0, false);
        loop {
            attempts += 1;
            let left = limit.min(deadline.saturating_duration_since(Instant::now()));
            let sent = repeats_with_spent_body::call(self.defects(), call, attempts);
            let flaw = match self.attempt(cx, &sent, expect, &credentials, left).await {
                Ok(answer) => {
                    self.succeeded(cx, call, attempts);
                    return Ok(answer);
                }
                Err(flaw) => flaw,
            };
            self.count_foreign(cx, call, &flaw);
            let may_refresh = !refreshed && !self.defects().has(&no_credential_refresh::DEFECT);
            if flaw.kind == Kind::Expired
                && may_refresh
                && let Some(newer) = self.config().credentials.refresh(&credentials)
            {
                (credentials, refreshed) = (newer, true);
                continue;
            }
            let pause = self.pause(attempts, flaw.retry_after);
            let give_up = !flaw.kind.is_retryable()
                || self.defects().has(&no_retry::DEFECT)
                || attempts >= policy.attempts && !self.defects().has(&retries_forever::DEFECT)
                || Instant::now() + pause >= deadline && !self.defects().has(&retries_forever::DEFECT);
            if give_up {
                return Err(self.failed(cx, call, attempts, flaw));
            }
            self.0.counters.retries.fetch_add(1, Ordering::Relaxed);
            sleep(pause).await;
        }
    }

    async fn attempt(
        &self,
        cx: &Context,
        call: &Call,
        expect: Expect,
        credentials: &Credentials,
        limit: Duration,
    ) -> Result<Answer, Flaw> {
        let request = self.request(cx, call, credentials).map_err(|reason| Flaw::new(Kind::Misconfigured, reason))?;
        self.0.counters.requests.fetch_add(1, Ordering::Relaxed);
        let exchange = async {
            let response = self.0.party.send(request).await.map_err(|error| {
                let mut flaw = Flaw::wire(&error);
                unreachable_is_absent::apply(self.defects(), call.op, &mut flaw);
                flaw
            })?;
            judge(call.op, response, expect, self.defects()).await
        };
        let late = || Flaw::new(Kind::Timeout, format!("no answer within {limit:?}"));
        timeout(limit, exchange).await.unwrap_or_else(|_| Err(late()))
    }

    fn request(&self, cx: &Context, call: &Call, credentials: &Credentials) -> Result<Request, String> {
        let uri = self.uri(&self.config().endpoint, call)?;
        let mut headers = call.headers.clone();
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        headers.insert(HOST, HeaderValue::from_str(authority).map_err(|error| error.to_string())?);
        let signer = Signer { credentials, region: &self.config().region, now: self.clock().now() };
        signer.headers(call.method.as_str(), &uri, &mut headers, call.payload.sha256())?;
        if call.payload.len() > 0 || matches!(call.method, http::Method::PUT | http::Method::POST) {
            headers.insert(CONTENT_LENGTH, call.payload.len().into());
        }
        // Not signed: whoever stands between may put its own.
        if let Some(trace) = &cx.traceparent {
            headers.insert(TRACE_HEADER, trace.clone());
        }
        let mut request = Request::new(call.payload.body());
        *request.method_mut() = call.method.clone();
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        Ok(request)
    }

    /// The absolute address of a call below `base`.
    pub(crate) fn uri(&self, base: &Uri, call: &Call) -> Result<Uri, String> {
        let scheme = base.scheme_str().unwrap_or("http");
        let authority = base.authority().ok_or("the storage endpoint has no host")?;
        format!("{scheme}://{authority}{}", call.path_and_query(base.path(), &self.config().bucket))
            .parse()
            .map_err(|error: http::uri::InvalidUri| error.to_string())
    }

    /// Doubling pauses, jittered downwards by up to a half; the store's own wish counts up to the cap.
    pub(crate) fn pause(&self, attempt: u32, asked: Option<Duration>) -> Duration {
        let policy = self.retry();
        let full = policy.base.saturating_mul(1 << attempt.saturating_sub(1).min(16)).min(policy.cap);
        let jitter = self.0.rng.lock().unwrap_or_else(PoisonError::into_inner).next_u32();
        let jittered = full.mul_f64(0.5 + 0.5 * f64::from(jitter) / f64::from(u32::MAX));
        jittered.max(asked.unwrap_or_default().min(policy.cap))
    }

    fn succeeded(&self, cx: &Context, call: &Call, attempts: u32) {
        self.0.counters.failures_in_a_row.store(0, Ordering::Relaxed);
        if attempts > 1 {
            let class = layout::class_of(&call.about);
            cx.info(&format!("storage: {} of a {class} key succeeded at attempt {attempts}", call.op.name()));
        }
    }

    fn count_foreign(&self, cx: &Context, call: &Call, flaw: &Flaw) {
        if flaw.foreign_body {
            self.0.counters.foreign_answers.fetch_add(1, Ordering::Relaxed);
            // Anything worse than a missing object gets the line of its failure.
            if flaw.kind == Kind::Absent {
                let class = layout::class_of(&call.about);
                cx.warn(&format!(
                    "storage: {} of a {class} key: taken as absent, but {}; {}",
                    call.op.name(),
                    flaw.detail,
                    Kind::NotS3.advice()
                ));
            }
        }
    }

    /// Makes the error of a call, counts it and logs its one line.
    pub(crate) fn failed(&self, cx: &Context, call: &Call, attempts: u32, flaw: Flaw) -> StorageError {
        let error = StorageError { op: call.op, class: layout::class_of(&call.about), attempts, flaw };
        if error.is_trouble() {
            self.0.counters.failures.fetch_add(1, Ordering::Relaxed);
            self.0.counters.failures_in_a_row.fetch_add(1, Ordering::Relaxed);
            cx.warn(&error.to_string());
        }
        error
    }
}

impl Storage {
    /// The error of a read whose answer was fine as HTTP but not as content.
    pub(crate) fn read_trouble(&self, cx: &Context, key: &str, kind: Kind, what: &str) -> StorageError {
        self.failed(cx, &Call::on_key(super::call::Op::GetObject, key), 1, Flaw::new(kind, what))
    }
}
