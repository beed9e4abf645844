//! `mount`: mounts a blob from another repository.

use shakedown_client::Mounted;
use shakedown_scenario::expect::StatusPattern;
use shakedown_scenario::steps::MountStep;
use shakedown_scenario::{OneOrMany, expect::StatusSet};

use super::Done;
use super::client::{findings, is_gone};
use crate::expect::Checks;
use crate::expect::answer::status;
use crate::stage::Stage;

pub(super) async fn run(stage: &Stage, step: &MountStep) -> Result<Done, String> {
    let digest = stage.contents.blob(&step.blob)?.descriptor.digest.clone();
    let from = stage.repository(Some(&step.from))?;
    let to = stage.repository(Some(&step.to))?;
    let called = stage.client.mount(&to, &digest, &from).await;
    let at = format!("POST /v2/{to}/blobs/uploads/?mount&from={from}");
    let (answered, trace) = match &called.result {
        Ok(Mounted::Done { .. }) => (Some(201), called.traces.last().copied()),
        Ok(Mounted::Upload(_)) => (Some(202), called.traces.last().copied()),
        Err(error) if error.status().is_none() && is_gone(stage, error) => return Ok(Done::error(error.to_string())),
        Err(error) => (error.status(), error.trace()),
    };
    // MO1, MO3: both are right unless the step says more.
    let either: StatusSet = OneOrMany(vec![StatusPattern::Exact(201), StatusPattern::Exact(202)]);
    let mut checks = Checks::at(at.clone(), &["MO1".to_owned(), "MO3".to_owned()], trace);
    status(step.status.as_ref().unwrap_or(&either), answered, &mut checks);
    checks.list.extend(findings(stage, &called.findings, &at));
    if matches!(called.result, Ok(Mounted::Done { .. })) {
        let found = stage.client.head_blob(&to, &digest).await;
        let held = matches!(found.result, Ok(Some(_)));
        checks.trace = found.traces.last().copied();
        checks.note(held, "the mounted blob", "there to be pulled", if held { "there" } else { "not there" });
    }
    Ok(Done::checked(checks.list))
}
