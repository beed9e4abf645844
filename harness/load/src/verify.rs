//! After the load: is everything that was acknowledged still there, byte for byte? Nothing here is timed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use shakedown_reports::bench::Verification;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::lab::Draw;
use crate::part::Part;
use crate::round::Ground;
use crate::tally::cause;

/// Most workers; reading back is no load.
const WORKERS: u32 = 16;
/// Lost content that is named.
const NAMED: usize = 5;

/// Reads what each acknowledged operation has left behind, the storage being well again.
pub(crate) async fn verify(
    ground: &Arc<Ground>,
    part: Part,
    workers: u32,
    stop: &watch::Receiver<bool>,
) -> Verification {
    let acknowledged = std::mem::take(&mut ground.tally().acknowledged);
    let found = Mutex::new(Verification { unverified: acknowledged.left_out, ..Verification::default() });
    let shared = Arc::new((Mutex::new(acknowledged.into_numbers()), found, AtomicU64::new(0)));
    let mut working = JoinSet::new();
    for _ in 0..workers.min(WORKERS) {
        let (ground, shared, mut stop) = (ground.clone(), shared.clone(), stop.clone());
        working.spawn(async move {
            let (numbers, found, skipped) = &*shared;
            let next = || numbers.lock().unwrap_or_else(PoisonError::into_inner).next();
            while let Some(number) = next() {
                if *stop.borrow() {
                    skipped.fetch_add(1, Ordering::Relaxed);
                    continue;
                }
                let mut draw = Draw::new(ground.lab.seed, part.number(number));
                let (kind, operation) = ground.mix.choose(&mut draw);
                let Some(left) = operation.left_behind(&ground.lab, draw) else { continue };
                let result = tokio::select! {
                    result = left.read => result,
                    _ = stop.wait_for(|stop| *stop) => {
                        skipped.fetch_add(1, Ordering::Relaxed);
                        continue;
                    }
                };
                let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                found.verified += u64::from(result.is_ok());
                if let Err(error) = result {
                    let cause = cause(&error);
                    if found.named.len() < NAMED {
                        found.named.push(format!("{kind} {}: {cause}", left.name));
                    }
                    *found.lost.entry(cause).or_default() += 1;
                }
            }
        });
    }
    while let Some(ended) = working.join_next().await {
        ended.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
    }
    let mut found = shared.1.lock().unwrap_or_else(PoisonError::into_inner).clone();
    found.unverified += shared.2.load(Ordering::Relaxed);
    // Workers find things in some order of their own.
    found.named.sort();
    found
}
