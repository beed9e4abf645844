//! What a client is told before its first call: where, as whom, how patient.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::Uri;
use shakedown_wire::{Clock, TraceId};

/// A text that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<str>);

impl Secret {
    /// Keeps `text`.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The text, for the wire only.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// As whom the client speaks. Sent to the registry's own origin and to the token server it names, nowhere else (AP2).
#[derive(Debug, Clone, Default)]
pub enum Credentials {
    /// As nobody; tokens are still asked for when the registry wants them.
    #[default]
    Anonymous,
    /// User and password, for Basic and for the token server.
    Basic {
        /// User name.
        username: String,
        /// Password.
        password: Secret,
    },
    /// A bearer token that is sent as it is.
    Token(Secret),
    /// An identity token, exchanged at the token server by `POST` (`grant_type=refresh_token`).
    Identity(Secret),
}

/// How often, and how long, the client tries again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Tries after the first; 0: the first answer counts.
    pub retries: u32,
    /// First pause where the answer has no `Retry-After`; doubles each time.
    pub pause: Duration,
    /// Longest single pause, also against a large `Retry-After`.
    pub cap: Duration,
    /// Longest sum of pauses of one call.
    pub budget: Duration,
    /// Uploads and downloads that broke off go on where they stopped (CH16, PB7).
    pub resume: bool,
}

impl RetryPolicy {
    /// The first answer counts.
    pub fn none() -> Self {
        Self { retries: 0, resume: false, ..Self::times(0) }
    }

    /// At most `retries` more tries: 1 s, 2 s, 4 s, ... or what `Retry-After` says, at most 30 s each and 2 minutes in all.
    pub fn times(retries: u32) -> Self {
        Self {
            retries,
            pause: Duration::from_secs(1),
            cap: Duration::from_secs(30),
            budget: Duration::from_secs(120),
            resume: true,
        }
    }
}

/// What the client does by itself between a caller's request and the answer the caller gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallPolicy {
    /// Most redirects that are followed; 0: the redirect itself is the answer.
    pub redirects: usize,
    /// Trying again.
    pub retry: RetryPolicy,
    /// Answers a 401's challenge.
    pub authenticate: bool,
    /// How often a 429 with `Retry-After` is waited for, besides the tries of `retry`: nothing was done yet, so anything that can be sent
    /// again may be (ER5).
    pub waits: u32,
}

impl CallPolicy {
    /// Exactly what was asked, once: no redirects, no retries, no authentication.
    pub fn raw() -> Self {
        Self { redirects: 0, retry: RetryPolicy::none(), authenticate: false, waits: 0 }
    }

    /// Redirects and authentication, but no second try: the first answer counts.
    pub fn single() -> Self {
        Self { redirects: 10, retry: RetryPolicy::none(), authenticate: true, waits: 0 }
    }

    /// As a good client does it: five more tries, broken transfers are resumed.
    pub fn patient() -> Self {
        Self { retry: RetryPolicy::times(5), ..Self::single() }
    }
}

impl Default for CallPolicy {
    fn default() -> Self {
        Self::single()
    }
}

/// Gives every request of a run its own trace id, from 1. Clones share the counter.
#[derive(Debug, Clone)]
pub struct TraceIds(Arc<AtomicU64>);

impl TraceIds {
    /// Nothing given yet.
    pub fn new() -> Self {
        Self(Arc::new(AtomicU64::new(1)))
    }

    /// The next id.
    pub fn next(&self) -> TraceId {
        TraceId(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

impl Default for TraceIds {
    fn default() -> Self {
        Self::new()
    }
}

/// Everything a client is told.
#[derive(Debug, Clone)]
pub struct ClientOptions {
    /// The registry: scheme, host, port, and a path prefix if it has one; `/v2/` comes after it.
    pub base: Uri,
    /// The run's clock, for `Retry-After` dates and the age of tokens.
    pub clock: Clock,
    /// As whom.
    pub credentials: Credentials,
    /// `User-Agent`.
    pub user_agent: String,
    /// For all calls that do not say otherwise.
    pub policy: CallPolicy,
    /// Where trace ids come from; share one between all clients of a run.
    pub traces: TraceIds,
    /// Longest wait for the head of an answer, sending the request included.
    pub answer_timeout: Duration,
    /// Longest silence inside a body.
    pub idle_timeout: Duration,
}

impl ClientOptions {
    /// The registry at `base`, as nobody, each answer taken as it comes.
    pub fn new(base: Uri, clock: Clock) -> Self {
        Self {
            base,
            clock,
            credentials: Credentials::Anonymous,
            user_agent: concat!("shakedown/", env!("CARGO_PKG_VERSION")).to_owned(),
            policy: CallPolicy::single(),
            traces: TraceIds::new(),
            answer_timeout: Duration::from_secs(300),
            idle_timeout: Duration::from_secs(60),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_printed() {
        let credentials = Credentials::Basic { username: "ann".into(), password: Secret::new("hunter2") };
        let shown = format!("{credentials:?} {:?}", Credentials::Token(Secret::new("hunter2")));
        assert!(shown.contains("ann") && !shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn trace_ids_begin_at_one_and_are_shared() {
        let ids = TraceIds::new();
        let other = ids.clone();
        assert_eq!([ids.next(), other.next(), ids.next()], [TraceId(1), TraceId(2), TraceId(3)]);
    }
}
