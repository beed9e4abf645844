//! `faults`: replaces or clears the active faults.

use shakedown_scenario::steps::FaultsStep;

use super::Done;
use crate::stage::Stage;

pub(super) async fn run(stage: &Stage, step: &FaultsStep) -> Result<Done, String> {
    Ok(Done::from(stage.world.set_faults(&step.set).await))
}
