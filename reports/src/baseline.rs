//! Failures that are known for now: only what is new fails, and an entry that is no longer true fails, too.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Date, Duration};

use crate::{Report, ScenarioReport, Totals, Verdict};

const DAY: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");
/// How long a new entry is good for, in days.
const DAYS: i64 = 90;
/// The owner of a new entry until somebody takes it.
const NOBODY: &str = "unassigned";

/// The file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// One entry for each scenario that may fail.
    pub known: Vec<KnownFailure>,
}

/// A scenario that may fail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownFailure {
    /// Id of the scenario, with its case.
    pub id: String,
    /// The blame rule of the failure; a failure with another one is new. Any, if absent.
    #[serde(default)]
    pub rule: Option<String>,
    /// Why it fails.
    pub reason: String,
    /// Who mends it.
    pub owner: String,
    /// The last day it is good for, `YYYY-MM-DD`.
    pub expires: String,
}

impl Baseline {
    /// What is wrong with the file, if anything: empty texts, no dates, ids twice.
    ///
    /// # Errors
    /// One sentence for the first mistake.
    pub fn check(&self) -> Result<(), String> {
        let mut ids = BTreeSet::new();
        for entry in &self.known {
            let id = &entry.id;
            for (name, text) in [("id", id), ("reason", &entry.reason), ("owner", &entry.owner)] {
                if text.trim().is_empty() {
                    return Err(format!("the entry of `{id}` has an empty {name}"));
                }
            }
            if Date::parse(&entry.expires, DAY).is_err() {
                return Err(format!("the entry of `{id}` expires at `{}`; write a day as YYYY-MM-DD", entry.expires));
            }
            if !ids.insert(id) {
                return Err(format!("`{id}` has two entries"));
            }
        }
        Ok(())
    }

    /// The report with known failures as known, and what is wrong with the baseline: entries that are stale or have expired, one
    /// sentence each. Entries of scenarios that were not run say nothing.
    #[must_use]
    pub fn apply(&self, mut report: Report) -> (Report, Vec<String>) {
        let today = report.run.started.get(..10).unwrap_or_default().to_owned();
        let mut problems = Vec::new();
        for entry in &self.known {
            for scenario in report.scenarios.iter_mut().filter(|scenario| scenario.id == entry.id) {
                match scenario.verdict {
                    // Days of four-digit years compare as texts.
                    Verdict::Failed if entry.matches(scenario) && entry.expires < today => {
                        problems.push(format!(
                            "the baseline of {} expired on {} ({})",
                            entry.id, entry.expires, entry.owner
                        ));
                    }
                    Verdict::Failed if entry.matches(scenario) => {
                        scenario.verdict = Verdict::Known;
                        let reason = format!("{} ({}, until {})", entry.reason, entry.owner, entry.expires);
                        scenario.reason = Some(reason);
                    }
                    Verdict::Passed => {
                        problems.push(format!("{} passes now; delete its entry from the baseline", entry.id));
                    }
                    _ => {}
                }
            }
        }
        report.totals = Totals::of(report.scenarios.iter().map(|scenario| scenario.verdict));
        let open = |id: &String| {
            report.scenarios.iter().any(|s| s.id == *id && matches!(s.verdict, Verdict::Failed | Verdict::Error))
        };
        report.causes.iter_mut().for_each(|cause| cause.scenarios.retain(open));
        report.causes.retain(|cause| !cause.scenarios.is_empty());
        (report, problems)
    }

    /// The baseline under which the report has no failure: entries of before where they still hold, new ones for the rest. Entries of
    /// scenarios that were not run stay.
    #[must_use]
    pub fn renewed(&self, report: &Report) -> Self {
        let verdict_of = |id: &str| report.scenarios.iter().find(|scenario| scenario.id == id).map(|s| s.verdict);
        let stays = |entry: &&KnownFailure| {
            verdict_of(&entry.id).is_none_or(|verdict| verdict != Verdict::Passed && verdict != Verdict::Failed)
        };
        let started = report.run.started.get(..10).and_then(|day| Date::parse(day, DAY).ok()).unwrap_or(Date::MIN);
        let expires = started.saturating_add(Duration::days(DAYS)).format(DAY).unwrap_or_default();
        let failed = report.scenarios.iter().filter(|scenario| scenario.verdict == Verdict::Failed);
        let renewed = failed.map(|scenario| {
            let before = self.known.iter().find(|entry| entry.matches(scenario) && entry.expires >= report.run.started);
            before.cloned().unwrap_or_else(|| KnownFailure {
                id: scenario.id.clone(),
                rule: scenario.blame.as_ref().map(|blame| blame.rule.clone()),
                reason: scenario.reason.clone().unwrap_or_else(|| "an expectation did not hold".to_owned()),
                owner: NOBODY.to_owned(),
                expires: expires.clone(),
            })
        });
        let mut known: Vec<_> = self.known.iter().filter(stays).cloned().chain(renewed).collect();
        known.sort_by(|a, b| a.id.cmp(&b.id));
        Self { known }
    }
}

impl KnownFailure {
    fn matches(&self, scenario: &ScenarioReport) -> bool {
        let rule = scenario.blame.as_ref().map(|blame| &blame.rule);
        self.id == scenario.id && (self.rule.is_none() || self.rule.as_ref() == rule)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn entry(id: &str, expires: &str) -> KnownFailure {
        KnownFailure {
            id: id.to_owned(),
            rule: None,
            reason: "ticket 7".to_owned(),
            owner: "storage team".to_owned(),
            expires: expires.to_owned(),
        }
    }

    #[test]
    fn what_is_known_does_not_fail_and_the_rest_does() {
        let baseline =
            Baseline { known: vec![entry("async-multipart-create", "2026-01-01"), entry("elsewhere", "2020-01-01")] };
        let (report, problems) = baseline.apply(sample::report());
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!((report.totals.failed, report.totals.known), (1, 2));
        assert_eq!(report.scenarios[0].reason.as_deref(), Some("ticket 7 (storage team, until 2026-01-01)"));
        assert!(report.causes.is_empty(), "its cause is no news");
    }

    #[test]
    fn entries_that_are_no_longer_true_are_said() {
        let mut other = entry("async-multipart-create", "2030-01-01");
        other.rule = Some("another".to_owned());
        let baseline =
            Baseline { known: vec![entry("base", "2030-01-01"), entry("request-budget[small]", "2025-12-31"), other] };
        let (report, problems) = baseline.apply(sample::report());
        assert_eq!(report.totals.failed, 2, "an expired entry and one of another failure cover nothing");
        assert_eq!(
            problems,
            [
                "base passes now; delete its entry from the baseline",
                "the baseline of request-budget[small] expired on 2025-12-31 (storage team)"
            ]
        );
    }

    #[test]
    fn a_written_baseline_covers_every_failure_and_keeps_what_people_wrote() {
        let before =
            Baseline { known: vec![entry("async-multipart-create", "2030-01-01"), entry("base", "2030-01-01")] };
        let renewed = before.renewed(&sample::report());
        let ids: Vec<_> = renewed.known.iter().map(|entry| entry.id.as_str()).collect();
        assert_eq!(ids, ["async-multipart-create", "request-budget[small]"]);
        assert_eq!(renewed.known[0].owner, "storage team");
        assert_eq!((renewed.known[1].owner.as_str(), renewed.known[1].expires.as_str()), (NOBODY, "2026-04-01"));
        assert_eq!(renewed.check(), Ok(()));
        let (report, problems) = renewed.apply(sample::report());
        assert_eq!((report.totals.failed, problems.len()), (0, 0));
    }

    #[test]
    fn mistakes_in_the_file_are_named() {
        let check = |known: Vec<KnownFailure>| Baseline { known }.check().unwrap_err();
        assert!(check(vec![entry("a", "soon")]).contains("YYYY-MM-DD"));
        assert!(check(vec![entry("a", "2026-01-01"), entry("a", "2026-01-01")]).contains("two entries"));
        assert!(
            check(vec![KnownFailure { owner: " ".to_owned(), ..entry("a", "2026-01-01") }]).contains("empty owner")
        );
    }
}
