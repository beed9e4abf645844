//! `referrers`: lists what refers to a manifest, following Link to the end (RL1 to RL15; pages and types are checked by the client).

use shakedown_client::ReferrersFrom;
use shakedown_oci::Digest;
use shakedown_scenario::steps::{Outcome, ReferrersStep};
use tokio::time::Instant;

use super::Done;
use super::client::{Expected, judge};
use crate::expect::{Checks, describe, holds};
use crate::stage::Stage;

pub(super) async fn run(stage: &Stage, step: &ReferrersStep) -> Result<Done, String> {
    let repository = stage.repository(step.of.as_deref())?;
    let text = stage.fill(&step.subject)?;
    let subject: Digest = text.parse().map_err(|error| format!("`{text}` is not a digest: {error}"))?;
    let artifact_type = step.artifact_type.as_deref().map(|text| stage.fill(text)).transpose()?;
    let began = Instant::now();
    let called = stage.client.referrers(&repository, &subject, artifact_type.as_deref()).await;
    let at = format!("GET /v2/{repository}/referrers/{subject}");
    let expected = Expected { at: at.clone(), outcome: &Outcome::Succeeds, within: None };
    let mut done = judge(stage, &expected, &called, began.elapsed());
    let Ok(found) = &called.result else { return Ok(done) };
    let mut checks = Checks::at(at, &stage.spec, called.traces.last().copied());
    checks.note(found.from == ReferrersFrom::Api, "source", "the referrers API", format!("{:?}", found.from));
    let digests: Vec<String> = found.entries.iter().map(|entry| entry.digest.to_string()).collect();
    for digest in step.contains.iter() {
        let digest = stage.fill(digest)?;
        let held = digests.contains(&digest);
        checks.note(held, "referrers", format!("contain {digest}"), format!("{} without it", digests.len()));
    }
    for (wanted, actual, what) in
        [(&step.count, digests.len(), "number of referrers"), (&step.pages, found.pages, "number of pages")]
    {
        if let Some(wanted) = wanted {
            let actual = actual.to_string();
            let held = holds(wanted, Some(&actual), |text| stage.fill(text))?;
            checks.note(held, what, describe(wanted, |text| stage.fill(text)), actual);
        }
    }
    done.checks.append(&mut checks.list);
    Ok(done)
}
