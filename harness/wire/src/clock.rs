//! The one clock of a run. Everything that needs a date or an age gets this value handed down.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// Wall time that follows tokio's clock: with a paused runtime it is virtual and repeatable, else it is real.
#[derive(Debug, Clone)]
pub struct Clock {
    epoch: SystemTime,
    origin: Instant,
    shift_ms: Arc<AtomicI64>,
}

impl Clock {
    /// Where virtual time begins: 2026-01-01T00:00:00Z, so that runs repeat byte for byte.
    pub fn virtual_epoch() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600)
    }

    /// A clock that starts at `epoch` now. Must be called inside a tokio runtime.
    pub fn starting_at(epoch: SystemTime) -> Self {
        Self { epoch, origin: Instant::now(), shift_ms: Arc::default() }
    }

    /// Virtual time, from [`Clock::virtual_epoch`].
    pub fn virtual_time() -> Self {
        Self::starting_at(Self::virtual_epoch())
    }

    /// Real time.
    #[expect(clippy::disallowed_methods, reason = "the one place where real time enters")]
    pub fn real_time() -> Self {
        Self::starting_at(SystemTime::now())
    }

    /// The date and time of day, shifts included.
    pub fn now(&self) -> SystemTime {
        let now = self.epoch + self.elapsed();
        let shift = self.shift_ms.load(Ordering::Relaxed);
        let distance = Duration::from_millis(shift.unsigned_abs());
        if shift < 0 { now - distance } else { now + distance }
    }

    /// Time since this clock was made; monotonic, not affected by [`Clock::shift`].
    pub fn elapsed(&self) -> Duration {
        self.origin.elapsed()
    }

    /// The same instant on a clock of its own that can be shifted alone: a party with a skewed clock.
    pub fn independent(&self) -> Self {
        let shift_ms = Arc::new(AtomicI64::new(self.shift_ms.load(Ordering::Relaxed)));
        Self { epoch: self.epoch, origin: self.origin, shift_ms }
    }

    /// Moves the date by `milliseconds` (may be negative) for everybody who holds this clock.
    pub fn shift(&self, milliseconds: i64) {
        self.shift_ms.fetch_add(milliseconds, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn virtual_time_advances_with_the_runtime_and_shifts() {
        let clock = Clock::virtual_time();
        tokio::time::advance(Duration::from_secs(7)).await;
        assert_eq!(clock.now(), Clock::virtual_epoch() + Duration::from_secs(7));
        let skewed = clock.independent();
        skewed.shift(-16 * 60_000);
        assert_eq!(clock.now().duration_since(skewed.now()).unwrap(), Duration::from_secs(16 * 60));
    }
}
