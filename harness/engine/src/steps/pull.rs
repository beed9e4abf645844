//! `pull`: pulls a manifest and all it refers to; every byte is verified by the client, and compared with the image that must come.

use shakedown_client::PullImage;
use shakedown_scenario::steps::PullStep;
use tokio::time::Instant;

use super::Done;
use super::client::{Expected, judge, policy};
use crate::expect::Checks;
use crate::stage::Stage;

pub(super) async fn run(stage: &Stage, step: &PullStep) -> Result<Done, String> {
    let (repository, reference) = stage.reference(&step.reference)?;
    let wanted = step.same_as.as_ref().map(|name| stage.contents.image(name)).transpose()?;
    let client = stage.client.with_policy(policy(stage, 0));
    let began = Instant::now();
    let called =
        client.pull_image(&repository, &reference, &PullImage { concurrency: 1, ..PullImage::default() }, None).await;
    let at = format!("pull {repository} {reference}");
    let mut done = judge(
        stage,
        &Expected { at: at.clone(), outcome: &step.expect, within: step.within },
        &called,
        began.elapsed(),
    );
    if let (Ok(pulled), Some(wanted)) = (&called.result, wanted) {
        let difference = pulled.summary().difference(&wanted.summary());
        let mut checks = Checks::at(at, &stage.spec, called.traces.last().copied());
        let expected = format!("the same as {}", step.same_as.as_deref().unwrap_or_default());
        checks.note(difference.is_none(), "content", expected, difference.unwrap_or_else(|| "the same".to_owned()));
        done.checks.append(&mut checks.list);
    }
    Ok(done)
}
