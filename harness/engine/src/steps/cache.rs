//! `cache`: empties, stops, starts or holds up the descriptor cache of `given.cache`.

use shakedown_scenario::steps::CacheStep;

use super::Done;
use crate::stage::Stage;

pub(super) async fn run(stage: &Stage, step: &CacheStep) -> Result<Done, String> {
    Ok(Done::from(stage.world.cache().await.act(step).await?))
}
