//! `eventually`: tries steps until they pass, within a deadline; then they must pass once more at the end of `stays`.

use std::time::Duration;

use shakedown_reports::Verdict;
use shakedown_scenario::steps::EventuallyStep;
use tokio::time::Instant;

use super::{Done, run_all};
use crate::stage::Stage;

const EVERY: Duration = Duration::from_millis(100);

pub(super) async fn run(stage: &Stage, step: &EventuallyStep) -> Result<Done, String> {
    let began = Instant::now();
    let every = step.every.map_or(EVERY, |every| every.0).max(Duration::from_millis(1));
    let mut tries = 0u32;
    let mut last = loop {
        tries += 1;
        let done = run_all(stage, &step.steps).await;
        if done.is_good() {
            break done;
        }
        if began.elapsed() + every > step.within.0 {
            return Ok(too_late(done, step, tries));
        }
        tokio::time::sleep(every).await;
    };
    if let Some(stays) = step.stays {
        tokio::time::sleep(stays.0).await;
        let again = run_all(stage, &step.steps).await;
        last.add(again, &format!("{stays} later"));
    }
    Ok(last)
}

/// The last try's failures, each saying that it never came true in time.
fn too_late(mut done: Done, step: &EventuallyStep, tries: u32) -> Done {
    for (check, _) in &mut done.checks {
        if check.verdict == Verdict::Failed {
            check.expected = format!("{} within {}", check.expected, step.within);
            check.actual = format!("{} at the last of {tries} tries", check.actual);
        }
    }
    done
}
