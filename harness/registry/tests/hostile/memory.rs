//! How much memory this process has, and that it has not grown.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// How much it may grow: far more than the tests of this binary need at once, far less than a body whose announced length was believed, or
/// a hundred bytes kept of each of a million requests.
const SLACK_KIB: u64 = 64 << 10;

/// Waits until no other test of this binary runs: they share the memory that they watch.
pub fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Resident memory at one time; nothing where the system does not tell it (other than Linux).
pub struct Memory(Option<u64>);

impl Memory {
    pub fn now() -> Self {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        Self(line.and_then(|line| line.split_whitespace().next()?.parse().ok()))
    }

    /// Panics if the process has grown by more than the slack.
    pub fn has_not_grown(&self) {
        if let (Some(before), Some(after)) = (self.0, Self::now().0) {
            assert!(after < before + SLACK_KIB, "the process has grown from {before} KiB to {after} KiB");
        }
    }
}
