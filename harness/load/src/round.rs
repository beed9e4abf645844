//! One round of load on one system: workers that take operations by number until the count, the time or the user ends it.
//! Not here: what is done with several systems and rounds (`run`).

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::arrivals::Arrivals;
use crate::lab::{Draw, Lab};
use crate::ops::Mix;
use crate::part::Part;
use crate::tally::Tally;

/// What a round is to do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Order {
    pub(crate) workers: u32,
    /// Open model: arrivals a second, and the seed of their times.
    pub(crate) rate: Option<(f64, u64)>,
    /// Nothing is begun after this.
    pub(crate) duration: Option<Duration>,
    /// Operations have the numbers from here on ...
    pub(crate) first: u64,
    /// ... to here; this one is not done.
    pub(crate) end: u64,
    pub(crate) part: Part,
    /// Time of the rounds before.
    pub(crate) offset: Duration,
}

/// The workers' common ground.
pub(crate) struct Ground {
    pub(crate) lab: Lab,
    pub(crate) mix: Mix,
    pub(crate) tally: Mutex<Tally>,
}

impl Ground {
    pub(crate) fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Round {
    ground: std::sync::Arc<Ground>,
    order: Order,
    next: AtomicU64,
    arrivals: Option<Mutex<Arrivals>>,
    began: Instant,
    stop: watch::Receiver<bool>,
}

/// Runs a round; gives the number after the last operation, and how long it took.
pub(crate) async fn run(ground: std::sync::Arc<Ground>, order: Order, stop: watch::Receiver<bool>) -> (u64, Duration) {
    let began = Instant::now();
    let arrivals = order.rate.map(|(rate, seed)| Mutex::new(Arrivals::new(seed, rate, began)));
    let round = Round { ground, order, next: AtomicU64::new(order.first), arrivals, began, stop };
    let round = std::sync::Arc::new(round);
    let mut workers = JoinSet::new();
    for _ in 0..order.workers {
        let round = round.clone();
        workers.spawn(async move { round.work().await });
    }
    let mut last = began;
    while let Some(ended) = workers.join_next().await {
        // A worker that panicked is a bug of ours; it must not look like a fast round.
        last = last.max(ended.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic())));
    }
    (round.next.load(Ordering::Relaxed).min(order.end), last - began)
}

impl Round {
    /// Works until there is nothing more to do; tells when its last operation ended.
    async fn work(&self) -> Instant {
        let mut stop = self.stop.clone();
        let mut last = self.began;
        while let Some((number, due)) = self.take() {
            if let Some(due) = due {
                tokio::select! {
                    () = tokio::time::sleep_until(due) => {}
                    _ = stop.wait_for(|stop| *stop) => return last,
                }
            }
            let mut draw = Draw::new(self.ground.lab.seed, self.order.part.number(number));
            let (kind, operation) = self.ground.mix.choose(&mut draw);
            let job = operation.job(&self.ground.lab, draw);
            let began = Instant::now();
            let result = tokio::select! {
                result = job => result,
                _ = stop.wait_for(|stop| *stop) => {
                    self.ground.tally().abandoned += 1;
                    return last;
                }
            };
            last = Instant::now();
            let at = self.order.offset + (last - self.began);
            let took = last - due.map_or(began, |due| counted_from(due, began));
            let mut tally = self.ground.tally();
            if result.is_ok() {
                tally.acknowledged.add(number);
            }
            tally.add(kind, at, took, result);
        }
        last
    }

    /// The next operation: its number within this part, and when it is due.
    fn take(&self) -> Option<(u64, Option<Instant>)> {
        if *self.stop.borrow() || self.order.duration.is_some_and(|duration| self.began.elapsed() >= duration) {
            return None;
        }
        // Number and time are taken together, so that numbers are due in their order.
        let mut arrivals =
            self.arrivals.as_ref().map(|arrivals| arrivals.lock().unwrap_or_else(PoisonError::into_inner));
        let due = arrivals.as_mut().map(|arrivals| arrivals.next());
        if let (Some(due), Some(duration)) = (due, self.order.duration)
            && due > self.began + duration
        {
            return None;
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        (number < self.order.end).then_some((number, due))
    }
}

/// From when an arrival's time counts. If it had to wait for a worker, from when it was due: leaving that out is what is called
/// coordinated omission. If a worker waited for it, from when it began: timers are some hundred microseconds late, which is no fault of
/// the system.
fn counted_from(due: Instant, began: Instant) -> Instant {
    const TIMER: Duration = Duration::from_millis(2);
    if began.saturating_duration_since(due) <= TIMER { began } else { due }
}
