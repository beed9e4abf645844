//! The list of checks of one step: each says what, where, what must be and what was.

use shakedown_oci::Habit;
use shakedown_reports::{Check, Verdict};
use shakedown_wire::TraceId;

/// Collects checks that speak of one call (or of none).
#[derive(Debug, Default)]
pub(crate) struct Checks {
    /// What was checked so far.
    pub(crate) list: Vec<(Check, Option<TraceId>)>,
    /// Rule ids that the next checks stand for.
    pub(crate) rules: Vec<String>,
    /// Where the next checks look, e.g. `PATCH /v2/lab/app/blobs/uploads/9ac3`.
    pub(crate) at: String,
    /// The call they speak of.
    pub(crate) trace: Option<TraceId>,
}

impl Checks {
    /// Checks at one place.
    pub(crate) fn at(at: impl Into<String>, rules: &[String], trace: Option<TraceId>) -> Self {
        Self { list: Vec::new(), rules: rules.to_vec(), at: at.into(), trace }
    }

    /// True if nothing was found wrong.
    pub(crate) fn all_hold(&self) -> bool {
        self.list.iter().all(|(check, _)| check.verdict == Verdict::Passed)
    }

    /// Keeps one check; true if it held.
    pub(crate) fn note(
        &mut self,
        holds: bool,
        what: &str,
        expected: impl Into<String>,
        actual: impl Into<String>,
    ) -> bool {
        let only_habits = !self.rules.is_empty() && self.rules.iter().all(|rule| Habit::find(rule).is_some());
        let verdict = match holds {
            true => Verdict::Passed,
            // Worth a remark, and no failure: the specification does not ask for it.
            false if only_habits => Verdict::Inconclusive,
            false => Verdict::Failed,
        };
        self.add(verdict, what, expected, actual);
        holds
    }

    /// Keeps one check with any verdict.
    pub(crate) fn add(&mut self, verdict: Verdict, what: &str, expected: impl Into<String>, actual: impl Into<String>) {
        let check = Check {
            rules: self.rules.clone(),
            what: what.to_owned(),
            expected: expected.into(),
            actual: actual.into(),
            at: self.at.clone(),
            verdict,
            duty: String::new(),
            call: None,
        };
        self.list.push((check, self.trace));
    }
}
