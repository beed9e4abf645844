//! `advance`: lets time pass. Sleeping is right in both worlds: paused runtimes jump over it, timers of all parties fire on the way.

use shakedown_scenario::steps::AdvanceStep;

use super::Done;

pub(super) async fn run(step: &AdvanceStep) -> Result<Done, String> {
    tokio::time::sleep(step.by.0).await;
    Ok(Done::default())
}
