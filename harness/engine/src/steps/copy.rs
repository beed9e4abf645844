//! `copy`: an image from one registry to the other, blob by blob, nothing kept.

use shakedown_client::{PushBlob, PushImage};
use shakedown_scenario::steps::{CopyStep, Site};
use tokio::time::Instant;

use super::Done;
use super::client::{Expected, judge, policy, push_mode};
use crate::stage::Stage;

pub(super) async fn run(stage: &Stage, step: &CopyStep) -> Result<Done, String> {
    let (repository, reference) = stage.reference(&step.reference)?;
    let target = stage.reference(step.target.as_ref().unwrap_or(&step.reference))?;
    let other = stage.world.other_client()?;
    let (source, sink) = match step.from {
        Site::Registry => (stage.client.clone(), other),
        Site::Other => (other, stage.client.clone()),
    };
    let patient = policy(stage, step.retries);
    let (source, sink) = (source.with_policy(patient.clone()), sink.with_policy(patient));
    let mount_from = step.mount_from.as_ref().map(|name| stage.repository(Some(name))).transpose()?;
    let blob = PushBlob { mode: push_mode(step.mode), head_first: true, mount_from, ..PushBlob::default() };
    let began = Instant::now();
    let at = format!("copy {repository} {reference}");
    let expected = Expected { at, outcome: &step.expect, within: None };
    let read = source.remote_image(&repository, &reference).await;
    let Ok(image) = &read.result else { return Ok(judge(stage, &expected, &read, began.elapsed())) };
    let mut called = sink.push_image(&target.0, &target.1, image, &PushImage { blob, concurrency: 1 }).await;
    called.findings.extend(read.findings.iter().cloned());
    Ok(judge(stage, &expected, &called, began.elapsed()))
}
