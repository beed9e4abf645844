//! What a run and each probe may spend; nothing is sent beyond it.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::probe::End;

/// A count of requests and bytes under a limit.
#[derive(Debug)]
pub(crate) struct Budget {
    max_requests: u64,
    max_bytes: u64,
    requests: AtomicU64,
    bytes: AtomicU64,
}

impl Budget {
    pub(crate) fn new(max_requests: u64, max_bytes: u64) -> Self {
        Self { max_requests, max_bytes, requests: AtomicU64::new(0), bytes: AtomicU64::new(0) }
    }

    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Takes one request with so many bytes of body, or says that nothing is left.
    pub(crate) fn take(&self, bytes: u64) -> Result<(), End> {
        let requests = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        if requests > self.max_requests {
            self.requests.fetch_sub(1, Ordering::Relaxed);
            return Err(End::Spent(format!("its budget of {} requests is used up", self.max_requests)));
        }
        if self.bytes.load(Ordering::Relaxed) + bytes > self.max_bytes {
            self.requests.fetch_sub(1, Ordering::Relaxed);
            return Err(End::Spent(format!("its budget of {} bytes is used up", self.max_bytes)));
        }
        self.received(bytes);
        Ok(())
    }

    /// Counts bytes of an answer.
    pub(crate) fn received(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Bytes that may still be received.
    pub(crate) fn left(&self) -> u64 {
        self.max_bytes.saturating_sub(self.bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_taken_beyond_the_limits() {
        let budget = Budget::new(2, 10);
        assert!(budget.take(4).is_ok());
        assert!(matches!(budget.take(7), Err(End::Spent(_))), "bytes");
        assert!(budget.take(6).is_ok());
        assert!(matches!(budget.take(0), Err(End::Spent(_))), "requests");
        assert_eq!((budget.requests(), budget.bytes(), budget.left()), (2, 10, 0));
    }
}
