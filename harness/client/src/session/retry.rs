//! When to try again, and after which pause: `Retry-After` in seconds or as a date (RFC 9110 section 10.2.3, E04, ER5).

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::RETRY_AFTER;

use crate::RetryPolicy;

/// How long `Retry-After` asks to wait from `now`; nothing if it is absent, malformed, or a date that has passed.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        // More seconds than a number can hold is a long time; the policy's cap decides.
        return Some(Duration::from_secs(text.parse().unwrap_or(u32::MAX.into())));
    }
    httpdate::parse_http_date(text).ok()?.duration_since(now).ok()
}

/// What is left of a policy's tries and time.
#[derive(Debug, Clone)]
pub(crate) struct Patience {
    left: u32,
    next: Duration,
    cap: Duration,
    budget: Duration,
}

impl Patience {
    pub(crate) fn new(policy: &RetryPolicy) -> Self {
        Self { left: policy.retries, next: policy.pause, cap: policy.cap, budget: policy.budget }
    }

    /// The pause before the next try; nothing if there is none left, or no time for it.
    pub(crate) fn pause(&mut self, asked: Option<Duration>) -> Option<Duration> {
        self.left = self.left.checked_sub(1)?;
        let pause = asked.unwrap_or(self.next).min(self.cap);
        self.next = self.next.saturating_mul(2);
        self.budget = self.budget.checked_sub(pause)?;
        Some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(value: &str) -> Option<u64> {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, value.parse().unwrap());
        retry_after(&headers, now).map(|pause| pause.as_secs())
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(asked("7"), Some(7));
        assert_eq!(asked("Sun, 06 Nov 1994 08:49:47 GMT"), Some(10));
        assert_eq!(asked("Sun, 06 Nov 1994 08:49:27 GMT"), None);
        assert_eq!(asked("99999999999999999999"), Some(u64::from(u32::MAX)));
        assert_eq!(asked("soon"), None);
        assert_eq!(asked("-1"), None);
    }

    #[test]
    fn patience_doubles_is_capped_and_ends() {
        let policy =
            RetryPolicy { budget: Duration::from_secs(12), cap: Duration::from_secs(5), ..RetryPolicy::times(9) };
        let mut patience = Patience::new(&policy);
        let pauses: Vec<_> = std::iter::from_fn(|| patience.pause(None)).map(|pause| pause.as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 5]);
        let mut patience = Patience::new(&RetryPolicy::times(2));
        assert_eq!(patience.pause(Some(Duration::from_secs(3600))), Some(Duration::from_secs(30)));
        assert_eq!(patience.pause(Some(Duration::ZERO)), Some(Duration::ZERO));
        assert_eq!(patience.pause(None), None);
        assert_eq!(Patience::new(&RetryPolicy::none()).pause(None), None);
    }
}
