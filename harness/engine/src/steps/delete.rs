//! `delete`: deletes a tag, a manifest or a blob (DT1, DM1, DB1).

use shakedown_client::Outcome;
use shakedown_oci::Reference;
use shakedown_scenario::OneOrMany;
use shakedown_scenario::expect::{StatusPattern, StatusSet};
use shakedown_scenario::steps::DeleteStep;

use super::Done;
use super::client::{findings, is_gone};
use crate::expect::Checks;
use crate::expect::answer::status;
use crate::stage::Stage;

pub(super) async fn run(stage: &Stage, step: &DeleteStep) -> Result<Done, String> {
    let (at, rule, called): (String, &str, Outcome<http::StatusCode>) = match (&step.reference, &step.blob) {
        (Some(reference), None) => {
            let (repository, reference) = stage.reference(reference)?;
            let rule = if matches!(reference, Reference::Tag(_)) { "DT1" } else { "DM1" };
            let called = stage.client.delete_manifest(&repository, &reference).await;
            (format!("DELETE /v2/{repository}/manifests/{reference}"), rule, called)
        }
        (None, Some(blob)) => {
            let repository = stage.repository(None)?;
            let digest = stage.contents.blob(blob)?.descriptor.digest.clone();
            let called = stage.client.delete_blob(&repository, &digest).await;
            (format!("DELETE /v2/{repository}/blobs/{digest}"), "DB1", called)
        }
        _ => return Err("`delete` needs exactly one of `ref` and `blob`".to_owned()),
    };
    let (answered, trace) = match &called.result {
        Ok(status) => (Some(status.as_u16()), called.traces.last().copied()),
        Err(error) if error.status().is_none() && is_gone(stage, error) => return Ok(Done::error(error.to_string())),
        Err(error) => (error.status(), error.trace()),
    };
    let accepted: StatusSet = OneOrMany(vec![StatusPattern::Exact(202)]);
    let mut checks = Checks::at(at.clone(), &[rule.to_owned()], trace);
    status(step.status.as_ref().unwrap_or(&accepted), answered, &mut checks);
    checks.list.extend(findings(stage, &called.findings, &at));
    Ok(Done::checked(checks.list))
}
