//! `tags`: lists tags, following Link to the end (TL1 to TL9; order and paging are checked by the client).

use shakedown_client::Page;
use shakedown_scenario::steps::{Outcome, TagsStep};
use tokio::time::Instant;

use super::Done;
use super::client::{Expected, judge};
use crate::expect::{Checks, describe, holds};
use crate::stage::Stage;

/// Most tags shown in a check.
const SHOWN: usize = 20;

pub(super) async fn run(stage: &Stage, step: &TagsStep) -> Result<Done, String> {
    let repository = stage.repository(step.of.as_deref())?;
    let began = Instant::now();
    let called = stage.client.tags(&repository, &Page { n: step.page, last: None }).await;
    let at = format!("GET /v2/{repository}/tags/list");
    let expected = Expected { at: at.clone(), outcome: &Outcome::Succeeds, within: None };
    let mut done = judge(stage, &expected, &called, began.elapsed());
    let Ok(listing) = &called.result else { return Ok(done) };
    let mut checks = Checks::at(at, &stage.spec, called.traces.last().copied());
    if let Some(wanted) = &step.equals {
        let wanted: Vec<String> = wanted.iter().map(|tag| stage.fill(tag)).collect::<Result<_, _>>()?;
        checks.note(listing.entries == wanted, "tags", shown(&wanted), shown(&listing.entries));
    }
    for tag in step.contains.iter() {
        let tag = stage.fill(tag)?;
        checks.note(listing.entries.contains(&tag), "tags", format!("contains {tag}"), shown(&listing.entries));
    }
    if let Some(count) = &step.count {
        let actual = listing.entries.len().to_string();
        let held = holds(count, Some(&actual), |text| stage.fill(text))?;
        checks.note(held, "number of tags", describe(count, |text| stage.fill(text)), actual);
    }
    done.checks.append(&mut checks.list);
    Ok(done)
}

fn shown(tags: &[String]) -> String {
    let first = tags.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    if tags.len() > SHOWN { format!("{first}, ... ({} in all)", tags.len()) } else { format!("[{first}]") }
}
