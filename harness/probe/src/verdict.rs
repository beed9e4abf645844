//! The answer for each registry: qualified, with which settings, or not and why.

use serde::{Deserialize, Serialize};

use crate::probe::Severity;
use crate::profile::Profile;
use crate::remedies::remedies;
use crate::report::{Result, Verdict};

/// The answer in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// The registry runs on this store.
    Qualified,
    /// It runs with these settings.
    WithConditions,
    /// Some blocker could not be asked: neither yes nor no.
    Undecided,
    /// It does not run, or loses data.
    NotQualified,
}

/// A setting that makes up for failed probes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// The line for the registry's configuration.
    pub line: String,
    /// What it costs, or what else it asks for.
    pub note: String,
    /// The probes it makes up for.
    pub probes: Vec<String>,
}

/// The answer for one registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileVerdict {
    /// The registry.
    pub profile: Profile,
    /// The answer.
    pub decision: Decision,
    /// Blockers that nothing makes up for.
    pub blockers: Vec<String>,
    /// Settings it needs.
    pub conditions: Vec<Condition>,
    /// Failed probes that degrade it.
    pub degraded: Vec<String>,
    /// Blockers that could not be asked.
    pub open: Vec<String>,
}

/// Decides for one registry.
pub(crate) fn decide(profile: Profile, results: &[Result]) -> ProfileVerdict {
    let with = |verdict: Verdict, severity: Severity| {
        results
            .iter()
            .filter(move |result| result.verdict == verdict && result.severity.get(&profile) == Some(&severity))
            .map(|result| result.id.clone())
    };
    let degraded: Vec<String> = with(Verdict::Failed, Severity::Degraded).collect();
    let open: Vec<String> = with(Verdict::NotRun, Severity::Blocker).collect();
    let mut conditions: Vec<Condition> = Vec::new();
    let mut blockers = Vec::new();
    let passed = |id: &str| results.iter().any(|result| result.id == id && result.verdict == Verdict::Passed);
    for id in with(Verdict::Failed, Severity::Blocker) {
        let helps = |remedy: &&crate::remedies::Remedy| {
            remedy.profiles.contains(&profile)
                && remedy.heals.contains(&id.as_str())
                && remedy.needs.iter().all(|id| passed(id))
        };
        match remedies().iter().find(helps) {
            None => blockers.push(id),
            Some(remedy) => match conditions.iter_mut().find(|condition| condition.line == remedy.line) {
                Some(condition) => condition.probes.push(id),
                None => conditions.push(Condition {
                    line: remedy.line.to_owned(),
                    note: remedy.note.to_owned(),
                    probes: vec![id],
                }),
            },
        }
    }
    let decision = match (&blockers[..], &open[..], &conditions[..]) {
        ([_, ..], _, _) => Decision::NotQualified,
        ([], [_, ..], _) => Decision::Undecided,
        ([], [], [_, ..]) => Decision::WithConditions,
        ([], [], []) => Decision::Qualified,
    };
    ProfileVerdict { profile, decision, blockers, conditions, degraded, open }
}
