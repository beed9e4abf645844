//! `event`: tells the fault layer that something happened.

use shakedown_scenario::steps::EventStep;

use super::Done;
use crate::stage::Stage;

pub(super) async fn run(stage: &Stage, step: &EventStep) -> Result<Done, String> {
    Ok(Done::from(stage.world.event(&stage.fill(&step.name)?).await))
}
