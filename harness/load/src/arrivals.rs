//! When operations of the open model are due: at random, as independent clients come, from the seed.

use std::time::Duration;

use rand::{RngExt as _, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tokio::time::Instant;

/// Arrivals at a rate, the time between two exponentially distributed.
pub(crate) struct Arrivals {
    rng: ChaCha8Rng,
    rate: f64,
    next: Instant,
}

impl Arrivals {
    /// So many a second, from `begin` on.
    pub(crate) fn new(seed: u64, rate: f64, begin: Instant) -> Self {
        Self { rng: ChaCha8Rng::seed_from_u64(seed), rate, next: begin }
    }

    /// When the next one is due.
    pub(crate) fn next(&mut self) -> Instant {
        let uniform: f64 = self.rng.random();
        self.next += Duration::from_secs_f64(-(1.0 - uniform).ln() / self.rate);
        self.next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn arrivals_keep_their_rate_and_repeat() {
        let begin = Instant::now();
        let times = || {
            let mut arrivals = Arrivals::new(3, 100.0, begin);
            (0..10_000).map(|_| arrivals.next()).collect::<Vec<_>>()
        };
        let last = *times().last().unwrap();
        assert!((97.0..103.0).contains(&(last - begin).as_secs_f64()), "10,000 at 100/s take about 100 s");
        assert_eq!(times(), times());
        assert!(times().is_sorted());
    }
}
