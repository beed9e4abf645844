//! `repeat`: steps several times in a row. Of the rounds that passed only the last one's checks are kept.

use shakedown_scenario::steps::RepeatStep;

use super::{Done, run_all};
use crate::stage::Stage;

pub(super) async fn run(stage: &Stage, step: &RepeatStep) -> Result<Done, String> {
    let mut last = Done::default();
    for round in 1..=step.times {
        stage.vars.set("round", round.to_string());
        let done = run_all(stage, &step.steps).await;
        let good = done.is_good();
        last = Done::default();
        last.add(done, &format!("round {round}"));
        if !good {
            break;
        }
    }
    Ok(last)
}
