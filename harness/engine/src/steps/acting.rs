//! `as`: steps done by another user.

use shakedown_scenario::steps::AsStep;

use super::{Done, run_all};
use crate::stage::Stage;

pub(super) async fn run(stage: &Stage, step: &AsStep) -> Result<Done, String> {
    let acting = stage.acting_as(&step.user)?;
    Ok(run_all(&acting, &step.steps).await)
}
