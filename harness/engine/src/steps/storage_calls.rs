//! `storage-calls`: counts of the calls to storage since the last such step.

use shakedown_scenario::steps::StorageCheckStep;

use super::Done;
use crate::expect::calls::is_presigned;
use crate::expect::{Checks, check_calls};
use crate::stage::Stage;
use crate::vars::fill_all;

pub(super) async fn run(stage: &Stage, step: &StorageCheckStep) -> Result<Done, String> {
    let calls: Vec<_> = match stage.world.store()?.calls().await {
        // Redirected clients are no business of the registry's.
        Ok(calls) => calls.into_iter().filter(|call| !is_presigned(call)).collect(),
        Err(error) => return Ok(Done::error(error.to_string())),
    };
    let since = stage.looked_at_calls(calls.len());
    let new = calls.get(since..).unwrap_or_default();
    let mut checks = Checks::at("storage", &stage.spec, None);
    for wanted in &step.expect {
        check_calls(&fill_all(wanted, &stage.vars)?, new, &mut checks);
    }
    Ok(Done::checked(checks.list))
}
