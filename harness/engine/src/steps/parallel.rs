//! `parallel`: branches at the same time, in one thread and in a fixed order of polls, so that runs in memory repeat.
//! With `cut-after` the client leaves: what is unfinished is dropped, what was done until then is judged.

use std::cell::RefCell;

use futures_util::future::join_all;
use shakedown_scenario::steps::{ParallelStep, Step};

use super::{Done, title};
use crate::stage::Stage;

pub(super) async fn run(stage: &Stage, step: &ParallelStep) -> Result<Done, String> {
    let ends: Vec<RefCell<Done>> = step.branches.iter().map(|_| RefCell::default()).collect();
    let branches = step.branches.iter().zip(&ends).map(|(steps, end)| branch(stage, steps, end));
    let all = join_all(branches);
    match step.cut_after {
        // Cut off is what was asked for, so it is no failure.
        Some(cut) => drop(tokio::time::timeout(cut.0, all).await),
        None => drop(all.await),
    }
    let mut done = Done::default();
    for (number, end) in ends.into_iter().enumerate() {
        done.add(end.into_inner(), &format!("branch {}", number + 1));
    }
    Ok(done)
}

/// Keeps what each step left behind as soon as it is over.
async fn branch(stage: &Stage, steps: &[Step], end: &RefCell<Done>) {
    for step in steps {
        let done = super::run(stage, step).await;
        let good = done.is_good();
        end.borrow_mut().add(done, &title(step, &stage.vars));
        if !good {
            return;
        }
    }
}
