//! From checks to the outcomes of OCI's certification. An API passed if at least one check of it passed and none failed; what was
//! not run is not claimed.

use super::table::Row;
use crate::{Check, Report, ScenarioReport, Verdict};

/// An outcome, as the specification's conformance program writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// A check of it passed and none failed.
    Pass,
    /// Nothing was shown.
    Skip,
    /// The registry does not have it.
    Disabled,
    /// A check of it failed; a known deviation is a failure, too.
    Fail,
    /// It could not be tried.
    Error,
}

impl Outcome {
    /// As it stands in `results.yaml`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Pass => "Pass",
            Self::Skip => "Skip",
            Self::Disabled => "Disabled",
            Self::Fail => "FAIL",
            Self::Error => "Error",
        }
    }
}

/// The outcome of one row; `rows` are all of its table.
pub(super) fn outcome(row: &Row, rows: &[Row], report: &Report) -> Outcome {
    let own: Vec<&ScenarioReport> = report.scenarios.iter().filter(|one| row.has(one)).collect();
    let passed = own.iter().flat_map(|one| checks(one)).any(|check| is(check, Verdict::Passed) && row.is_about(check));
    if own.iter().any(|one| is_failed_by(row, rows, one)) {
        Outcome::Fail
    } else if own.iter().any(|one| matches!(one.verdict, Verdict::Error | Verdict::Inconclusive)) {
        Outcome::Error
    } else if passed {
        Outcome::Pass
    } else if report.run.abilities.iter().any(|ability| ability.name == row.ability && !ability.there) {
        Outcome::Disabled
    } else {
        Outcome::Skip
    }
}

/// True if a scenario of the row failed, and not only for what is another row's.
fn is_failed_by(row: &Row, rows: &[Row], scenario: &ScenarioReport) -> bool {
    if !matches!(scenario.verdict, Verdict::Failed | Verdict::Known) {
        return false;
    }
    let broken = || checks(scenario).filter(|check| is(check, Verdict::Failed) || is(check, Verdict::Known));
    let of_others = |check| rows.iter().any(|other| other.has(scenario) && other.is_about(check));
    broken().any(|check| row.is_about(check)) || broken().all(|check| !of_others(check))
}

fn checks(scenario: &ScenarioReport) -> impl Iterator<Item = &Check> {
    scenario.steps.iter().flat_map(|step| &step.checks)
}

fn is(check: &Check, verdict: Verdict) -> bool {
    check.verdict == verdict
}

impl Row {
    /// True for its scenarios.
    fn has(&self, scenario: &ScenarioReport) -> bool {
        let stem = scenario.id.split('[').next().unwrap_or_default();
        self.scenarios.iter().any(|id| *id == scenario.id || *id == stem)
    }

    /// True if the check looked at one of its calls. A check that failed did so whatever the status was.
    fn is_about(&self, check: &Check) -> bool {
        let place = check.at.rsplit(": ").next().unwrap_or(&check.at);
        let (method, rest) = place.split_once(' ').unwrap_or((place, ""));
        self.calls.iter().any(|call| {
            let mut words = call.split(' ');
            let (wanted, kind, status) = (words.next(), words.next(), words.next());
            let met = status.is_none_or(|status| check.what == "status" && check.actual == status);
            wanted == Some(method)
                && kind.is_some_and(|kind| is_kind(kind, rest))
                && (met || !is(check, Verdict::Passed))
        })
    }
}

/// True if a target (a path with its query, or what a client's operation was about) is of a kind of the table; what is none of the
/// kinds is the tag itself.
fn is_kind(kind: &str, target: &str) -> bool {
    let path = target.split('?').next().unwrap_or(target);
    let mut parts = path.trim_end_matches("...").rsplit('/');
    let (last, before) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    match kind {
        "any" => true,
        "ping" => path == "/v2/",
        "upload" => path.contains("/blobs/uploads"),
        "blob" => before == "blobs",
        "digest" => before == "manifests" && last.contains(':'),
        "tag" => before == "manifests" && !last.contains(':'),
        "tags" => (before, last) == ("tags", "list"),
        "referrers" => before == "referrers",
        name => last.split(' ').next_back() == Some(name),
    }
}
