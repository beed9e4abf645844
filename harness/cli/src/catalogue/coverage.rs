//! The coverage table: each incident with its scenarios, what they did to a real registry, and the defects that stand for it.
//! What the real registry did is data (`distribution-2.8.yaml`), written by running it: see `tests/coverage.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde::{Deserialize, Serialize};
use shakedown_engine::{Recorded, SystemFile};
use shakedown_scenario::Plan;

use super::{entry, scenarios, stem};

/// The system whose results and records the table shows.
const REAL: &str = "distribution-2.8";

/// How the cases of one scenario file ended on a real registry.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ran {
    /// Cases that passed.
    #[serde(skip_serializing_if = "is_zero")]
    pub passed: u32,
    /// Cases that failed: the incident is reproduced.
    #[serde(skip_serializing_if = "is_zero")]
    pub failed: u32,
    /// Why cases were skipped, or what kept them from running.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skipped: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Ran {
    fn words(&self) -> String {
        match (self.passed, self.failed, &self.skipped) {
            (0, 0, Some(reason)) => format!("skipped: {reason}"),
            (0, 0, None) => "not run".to_owned(),
            (_, 0, _) => "passes".to_owned(),
            (0, 1, _) => "**fails**".to_owned(),
            (passed, failed, _) => format!("**fails {failed} of {}**", passed + failed),
        }
    }
}

/// What docker-registry 2.8.2 did, by scenario.
pub fn real_results() -> BTreeMap<String, Ran> {
    serde_saphyr::from_str(include_str!("distribution-2.8.yaml")).expect("written by a test of ours")
}

/// The table, as Markdown.
pub fn coverage(plans: &[Plan], real: &BTreeMap<String, Ran>) -> String {
    let mut text = String::from(
        "| incident | scenario | reference registry | docker-registry 2.8.2 | defects that stand for it |\n|---|---|---|---|---|\n",
    );
    let SystemFile { reproduces: recorded, not_reproduced, .. } = real_system();
    for incident in shakedown_oci::incidents() {
        let found = scenarios(incident, plans);
        let defects = shakedown_registry::defects::ALL.iter().filter(|defect| defect.stands_for.contains(&incident.id));
        let defects: Vec<_> = defects.map(|defect| format!("`{}`", defect.id)).collect();
        let names: Vec<_> = found.iter().map(|plan| format!("[{}]({})", stem(plan), link(&plan.file))).collect();
        let reference: Vec<_> = found.iter().map(|plan| own(plan)).collect();
        let theirs = found.iter().map(|plan| {
            let ran = real.get(stem(plan)).map_or_else(|| "not run".to_owned(), Ran::words);
            format!("{ran}{}", as_recorded(&recorded, incident.id, stem(plan)))
        });
        let reason = not_reproduced.get(incident.id).map(|reason| format!("not reproduced: {reason}"));
        let theirs: Vec<_> = theirs.chain(reason).collect();
        let scenario = match (names.is_empty(), entry(incident.id).and_then(|entry| entry.no_scenario.as_deref())) {
            (false, _) => names.join("<br>"),
            (true, Some(reason)) => format!("none: {reason}"),
            (true, None) => "none yet".to_owned(),
        };
        let row = [
            format!("**{}** {}", incident.id, incident.title),
            scenario,
            reference.join("<br>"),
            theirs.join("<br>"),
            defects.join("<br>"),
        ];
        writeln!(text, "| {} |", row.join(" | ")).expect("a String takes every text");
    }
    text
}

fn real_system() -> SystemFile {
    SystemFile::parse(REAL, SystemFile::shipped(REAL).expect("shipped")).expect("checked by its own tests")
}

/// What the field recorded of the incident and this scenario shows again: a run in which it does not, fails.
fn as_recorded(recorded: &[Recorded], incident: &str, stem: &str) -> String {
    let is_case = |id: &String| id.strip_prefix(stem).is_some_and(|rest| rest.is_empty() || rest.starts_with('['));
    let about = |entry: &&Recorded| entry.incident == incident && entry.scenario.iter().any(is_case);
    let shown =
        recorded.iter().filter(about).flat_map(|entry| entry.calls.iter().last().into_iter().chain(entry.fails.iter()));
    let shown: BTreeSet<_> = shown.map(|text| format!("`{}`", text.trim_matches([':', ' ', '*']))).collect();
    if shown.is_empty() { String::new() } else { format!(" {}", shown.into_iter().collect::<Vec<_>>().join(", ")) }
}

/// Every shipped scenario passes on the reference registry (`cargo test --test scenarios`); what that means.
fn own(plan: &Plan) -> &'static str {
    if plan.scenario.unsurvivable.is_some() { "fails cleanly" } else { "survives" }
}

/// The file as seen from `scenarios/`.
fn link(file: &str) -> &str {
    file.strip_prefix("scenarios/").unwrap_or(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The catalogue says what a real registry or client answered to an incident: no such answer is left out in silence.
    #[test]
    fn what_was_seen_on_a_real_registry_is_shown_again_or_says_why_not() {
        let SystemFile { reproduces, not_reproduced, .. } = real_system();
        let seen = shakedown_oci::incidents().iter().map(|incident| incident.id);
        let seen = seen.filter(|id| entry(id).is_some_and(|entry| entry.real.is_some()));
        let silent: Vec<_> = seen
            .filter(|id| !reproduces.iter().any(|entry| entry.incident == **id) && !not_reproduced.contains_key(*id))
            .collect();
        assert!(silent.is_empty(), "{silent:?}: `reproduces` or `not-reproduced` in scenarios/systems/{REAL}.yaml");
    }
}
