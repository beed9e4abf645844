//! `upstream-calls`: what a pull-through cache asked its upstream since the last such step.

use shakedown_scenario::steps::UpstreamCheckStep;

use super::Done;
use crate::expect::{Checks, client};
use crate::stage::Stage;
use crate::vars::fill_all;
use crate::world::UPSTREAM_CALLS;

pub(super) async fn run(stage: &Stage, step: &UpstreamCheckStep) -> Result<Done, String> {
    let calls = stage.world.upstream()?.calls();
    let since = stage.looked_at_upstream_calls(calls.len());
    let new = calls.get(since..).unwrap_or_default();
    let mut checks = Checks::at(UPSTREAM_CALLS, &stage.spec, None);
    for wanted in &step.expect {
        client::check(&fill_all(wanted, &stage.vars)?, new, &mut checks)?;
    }
    Ok(Done::checked(checks.list))
}
