//! `client-calls`: what clients did since the last such step.

use shakedown_scenario::steps::ClientCheckStep;

use super::Done;
use crate::expect::{Checks, client};
use crate::stage::Stage;
use crate::vars::fill_all;

pub(super) async fn run(stage: &Stage, step: &ClientCheckStep) -> Result<Done, String> {
    let (calls, _) = stage.world.trace().await;
    let since = stage.looked_at_client_calls(calls.len());
    let new = calls.get(since..).unwrap_or_default();
    let mut checks = Checks::at(client::AT, &stage.spec, None);
    for wanted in &step.expect {
        client::check(&fill_all(wanted, &stage.vars)?, new, &mut checks)?;
    }
    Ok(Done::checked(checks.list))
}
