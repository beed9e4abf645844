//! `storage`: changes the bucket behind the registry's back.

use shakedown_scenario::steps::{StorageStep, StorageStep as S};

use super::Done;
use crate::stage::Stage;

pub(super) async fn run(stage: &Stage, step: &StorageStep) -> Result<Done, String> {
    let step = match step {
        S::SwapBucket {} => S::SwapBucket {},
        S::Delete(key) => S::Delete(stage.fill(key)?),
        S::Truncate { key, to } => S::Truncate { key: stage.fill(key)?, to: *to },
        S::Corrupt { key, at } => S::Corrupt { key: stage.fill(key)?, at: *at },
        S::ForeignUploads { count, prefix } => S::ForeignUploads { count: *count, prefix: stage.fill(prefix)? },
    };
    Ok(Done::from(stage.world.store()?.change(&step).await))
}
