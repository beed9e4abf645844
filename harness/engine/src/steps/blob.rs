//! `blob`: pushes one blob.

use shakedown_client::PushBlob;
use shakedown_scenario::steps::BlobStep;
use tokio::time::Instant;

use super::Done;
use super::client::{Expected, judge, policy, push_mode};
use crate::stage::Stage;

pub(super) async fn run(stage: &Stage, step: &BlobStep) -> Result<Done, String> {
    let blob = stage.contents.blob(&step.blob)?;
    let repository = stage.repository(step.to.as_deref())?;
    let client = stage.client.with_policy(policy(stage, step.retries));
    let options = PushBlob { mode: push_mode(step.mode), head_first: false, ..PushBlob::default() };
    let began = Instant::now();
    let called = client.push_blob(&repository, blob, &options).await;
    let at = format!("push blob {} to {repository}", step.blob);
    Ok(judge(stage, &Expected { at, outcome: &step.expect, within: step.within }, &called, began.elapsed()))
}
