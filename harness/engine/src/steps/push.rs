//! `push`: pushes an image as a client does.

use shakedown_client::{PushBlob, PushImage};
use shakedown_scenario::steps::PushStep;
use tokio::time::Instant;

use super::Done;
use super::client::{Expected, habits, judge, policy, push_mode};
use crate::stage::Stage;

pub(super) async fn run(stage: &Stage, step: &PushStep) -> Result<Done, String> {
    let image = stage.contents.image(&step.image)?;
    let (repository, reference) = stage.reference(&step.reference)?;
    let own = PushBlob { mode: push_mode(step.mode), head_first: step.head_first, ..PushBlob::default() };
    let (blob, retries) = step.client.map_or((own, 0), habits);
    let client = stage.client.with_policy(policy(stage, step.retries.max(retries)));
    let began = Instant::now();
    let called = client.push_image(&repository, &reference, image, &PushImage { blob, concurrency: 1 }).await;
    let at = format!("push {repository} {reference}");
    Ok(judge(stage, &Expected { at, outcome: &step.expect, within: step.within }, &called, began.elapsed()))
}
