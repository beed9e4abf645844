//! `compare`: the tags of a repository on both registries, and every byte behind them.

use std::collections::BTreeSet;

use shakedown_client::{Client, ImageSummary, Page, PullImage};
use shakedown_oci::{Reference, RepositoryName};
use shakedown_scenario::steps::CompareStep;

use super::Done;
use super::client::policy;
use crate::expect::Checks;
use crate::stage::Stage;

pub(super) async fn run(stage: &Stage, step: &CompareStep) -> Result<Done, String> {
    let repository = stage.repository(step.of.as_deref())?;
    let other = stage.world.other_client()?.with_policy(policy(stage, 0));
    let own = stage.client.with_policy(policy(stage, 0));
    let mut checks = Checks::at(format!("compare {repository}"), &stage.spec, None);
    let theirs = other
        .tags(&repository, &Page::default())
        .await
        .result
        .map_err(|error| format!("the other registry: {error}"))?;
    let mine: BTreeSet<String> = own
        .tags(&repository, &Page::default())
        .await
        .result
        .map(|list| list.entries.into_iter().collect())
        .unwrap_or_default();
    let all: BTreeSet<String> = theirs.entries.iter().cloned().chain(mine).collect();
    let mut missing = Vec::new();
    for tag in all {
        let wanted =
            whole(&other, &repository, &tag).await.map_err(|(_, error)| format!("the other registry: {tag}: {error}"));
        match (whole(&own, &repository, &tag).await, wanted) {
            (Ok(got), Ok(wanted)) => {
                if let Some(difference) = got.difference(&wanted) {
                    checks.note(false, "content", format!("{tag} as on the other registry"), difference);
                }
            }
            (Ok(_), Err(_)) => {
                checks.note(
                    false,
                    "content",
                    "nothing that the other registry lacks".to_owned(),
                    format!("{tag} is here alone"),
                );
            }
            (Err((status, error)), _) => {
                missing.push(tag.clone());
                let unknown = status == Some(404);
                checks.note(unknown, "status", "404 for what is missing".to_owned(), format!("{tag}: {error}"));
            }
        }
    }
    let mut expected: Vec<String> = step.missing.iter().map(|tag| stage.fill(tag)).collect::<Result<_, _>>()?;
    expected.sort();
    checks.note(missing == expected, "missing tags", shown(&expected), shown(&missing));
    Ok(Done::checked(checks.list))
}

/// A tag with all that it refers to; or the status that stood in the way.
async fn whole(client: &Client, repository: &RepositoryName, tag: &str) -> Result<ImageSummary, (Option<u16>, String)> {
    let reference: Reference = tag.parse().map_err(|error| (None, format!("{error}")))?;
    let how = PullImage { concurrency: 1, ..PullImage::default() };
    let pulled = client.pull_image(repository, &reference, &how, None).await.result;
    pulled.map(|image| image.summary()).map_err(|error| (error.status(), error.to_string()))
}

fn shown(tags: &[String]) -> String {
    if tags.is_empty() { "none".to_owned() } else { tags.join(", ") }
}
