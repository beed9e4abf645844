//! Findings: invariants that did not hold, collected while a call goes on. Not here: the checks themselves (`check`).

use std::sync::{Arc, Mutex, PoisonError};

use shakedown_oci::{Habit, Incident, Rule};
use shakedown_wire::TraceId;

use crate::ClientError;
use crate::outcome::Outcome;

/// Most findings one call keeps; a peer that is wrong everywhere must not fill memory.
const MOST: usize = 256;

/// Something that must always hold, and did not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Id of a rule of the specification (`CH8`) or of an incident (`B13`).
    pub rule: &'static str,
    /// What was looked at, e.g. `Location of the 202`.
    pub what: String,
    /// What must have been there.
    pub expected: String,
    /// What was there.
    pub actual: String,
    /// The exchange in which it was seen.
    pub trace: Option<TraceId>,
}

impl Finding {
    /// A finding; `rule` must be an id that the catalogue knows.
    pub fn new(
        rule: &'static str,
        trace: Option<TraceId>,
        what: impl Into<String>,
        expected: impl Into<String>,
        actual: impl Into<String>,
    ) -> Self {
        let known = Rule::find(rule).is_some() || Incident::find(rule).is_some() || Habit::find(rule).is_some();
        debug_assert!(known, "unknown rule {rule}");
        Self { rule, what: what.into(), expected: expected.into(), actual: actual.into(), trace }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}: expected {}, got {}", self.rule, self.what, self.expected, self.actual)
    }
}

/// What one call collects. Clones share it, so that parallel parts of a call write into one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ledger(Arc<Mutex<Notes>>);

#[derive(Debug, Default)]
struct Notes {
    findings: Vec<Finding>,
    traces: Vec<TraceId>,
    warnings: Vec<String>,
}

impl Ledger {
    pub(crate) fn add(&self, findings: impl IntoIterator<Item = Finding>) {
        self.with(|notes| {
            for finding in findings {
                if notes.findings.len() < MOST && !notes.findings.contains(&finding) {
                    notes.findings.push(finding);
                }
            }
        });
    }

    pub(crate) fn sent(&self, trace: TraceId) {
        self.with(|notes| notes.traces.push(trace));
    }

    pub(crate) fn warn(&self, text: String) {
        self.with(|notes| {
            if notes.warnings.len() < MOST && !notes.warnings.contains(&text) {
                notes.warnings.push(text);
            }
        });
    }

    pub(crate) fn finish<T>(self, result: Result<T, ClientError>) -> Outcome<T> {
        self.with(|notes| Outcome {
            result,
            findings: std::mem::take(&mut notes.findings),
            traces: std::mem::take(&mut notes.traces),
            warnings: std::mem::take(&mut notes.warnings),
        })
    }

    fn with<T>(&self, act: impl FnOnce(&mut Notes) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
