//! `restart`: ends the registry, with or without a chance to finish, and starts it again on the same storage.

use shakedown_scenario::steps::RestartStep;

use super::Done;
use crate::stage::Stage;

pub(super) async fn run(stage: &Stage, step: &RestartStep) -> Result<Done, String> {
    Ok(Done::from(stage.world.restart(step.replica, step.kill, &step.registry).await))
}
