//! How many requests are taken in a minute (ER5). Each replica counts for itself.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use shakedown_wire::Clock;

/// Windows begin with the first request in them.
const WINDOW: Duration = Duration::from_secs(60);

/// Counts requests.
#[derive(Debug, Default)]
pub(crate) struct RequestLimit {
    limit: Option<u32>,
    window: Mutex<(Duration, u32)>,
}

impl RequestLimit {
    /// Lets `limit` requests in a minute through; all, if there is none.
    pub(crate) fn new(limit: Option<u32>) -> Self {
        Self { limit, window: Mutex::default() }
    }

    /// Counts a request; the whole seconds it has to wait if it is one too many.
    pub(crate) fn wait_seconds(&self, clock: &Clock) -> Option<u64> {
        let limit = self.limit?;
        let now = clock.elapsed();
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        if window.1 == 0 || now >= window.0 + WINDOW {
            *window = (now, 0);
        }
        if window.1 < limit {
            window.1 += 1;
            return None;
        }
        let left = (window.0 + WINDOW).saturating_sub(now);
        Some(left.as_secs() + u64::from(left.subsec_nanos() > 0))
    }
}
