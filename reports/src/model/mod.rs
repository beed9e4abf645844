//! The report model, `shakedown.report/v1`. Renderers read it; nothing else is kept of a run.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod call;
mod log;
mod specification;

pub use call::{BodyInfo, Call, FaultFired};
pub use log::LogLine;
pub use specification::{Glossary, MissedHabit, RuleCount, RuleCoverage, RuleText};

/// The value of [`Report::schema`].
pub const REPORT_SCHEMA: &str = "shakedown.report/v1";

/// How a scenario or a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// All expectations held.
    Passed,
    /// Failed as a listed deviation says.
    Known,
    /// The system lacks an ability; the reason says which.
    Skipped,
    /// Neither shown to hold nor to fail.
    Inconclusive,
    /// An expectation did not hold.
    Failed,
    /// The environment or the target was not there; says nothing about the system.
    Error,
    /// Never begun (interrupted, or `--max-fail` reached).
    NotRun,
}

/// Who can be blamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Party {
    /// The object store, or what stands before it.
    Storage,
    /// A proxy or balancer.
    Gateway,
    /// The proxy that a client or the registry is told to go through.
    ForwardProxy,
    /// The registry under test.
    Registry,
    /// The client.
    Client,
    /// The token service.
    TokenService,
    /// The registry that a pull-through cache is of.
    Upstream,
    /// The evidence does not say.
    Unknown,
}

/// Who is to blame, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Blame {
    /// The party that broke its contract.
    pub party: Party,
    /// The party whose legal or illegal behaviour set it off, if another.
    pub provoked_by: Option<Party>,
    /// Id of the blame rule that decided, e.g. `storage-answered-html`.
    pub rule: String,
    /// One sentence: why.
    pub why: String,
    /// One sentence: what to do.
    pub fix: Option<String>,
    /// A text for the other team's ticket.
    pub ticket: Option<String>,
    /// The calls that show it.
    pub evidence: Vec<Evidence>,
}

/// A call that shows why somebody is to blame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// Index in the scenario's `calls`.
    pub call: usize,
    /// What it shows, in a few words, e.g. `hidden by the fault`; may be empty.
    pub shows: String,
}

/// One thing that was checked; kept also when it passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Check {
    /// Rule ids of the specification this stands for, e.g. `CH8`; may be empty.
    pub rules: Vec<String>,
    /// What was checked, in a few words, e.g. `status`.
    pub what: String,
    /// What must be.
    pub expected: String,
    /// What was.
    pub actual: String,
    /// Where it was seen, e.g. `PATCH /v2/lab/app/blobs/uploads/9ac3`.
    #[serde(rename = "where")]
    pub at: String,
    /// Passed, failed, skipped or error; inconclusive where it is worth a remark only (a SHOULD, a habit of [`MissedHabit`]).
    pub verdict: Verdict,
    /// If it failed: how binding the strictest of its rules is, and since which version, e.g. `MUST since 1.1`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub duty: String,
    /// Index of the call in the scenario's `calls`, if it speaks of one.
    pub call: Option<usize>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StepReport {
    /// What it does, e.g. `push app as lab/app:1`.
    pub title: String,
    /// Line in the scenario file, from 1.
    pub line: Option<u32>,
    /// Its verdict.
    pub verdict: Verdict,
    /// What was checked.
    pub checks: Vec<Check>,
    /// Range of calls (indexes into the scenario's `calls`): first, and one past the last.
    pub calls: (usize, usize),
}

/// One scenario (or one case of its matrix).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ScenarioReport {
    /// File stem, with `[case]` for a matrix.
    pub id: String,
    /// Title.
    pub title: String,
    /// File as given on the command line.
    pub file: String,
    /// Line of the first failed step, else of the title.
    pub line: u32,
    /// Tags.
    pub tags: Vec<String>,
    /// Incident ids.
    pub seen: Vec<String>,
    /// Rule ids.
    pub spec: Vec<String>,
    /// Where it was seen, and why it matters.
    #[serde(default)]
    pub story: String,
    /// Verdict.
    pub verdict: Verdict,
    /// Why skipped, failed, error: one line.
    pub reason: Option<String>,
    /// Who is to blame, for failures.
    pub blame: Option<Blame>,
    /// The steps, `after` last.
    pub steps: Vec<StepReport>,
    /// Calls of all lanes by start; all of them unless `calls_left_out` says otherwise.
    pub calls: Vec<Call>,
    /// Calls that were made, but are not kept here; see [`ScenarioReport::shortened`].
    #[serde(default)]
    pub calls_left_out: u64,
    /// Why earlier tries failed, one line each, if it was tried again.
    #[serde(default)]
    pub failed_tries: Vec<String>,
    /// Calls to storage by operation.
    pub storage_requests: BTreeMap<String, u64>,
    /// How many faults fired.
    pub faults_fired: u64,
    /// Log lines of the system during the scenario, secrets replaced.
    pub log: Vec<String>,
    /// Duration on the scenario's own clock (virtual in memory), microseconds.
    pub duration_us: u64,
    /// Duration on the wall, microseconds.
    pub wall_us: u64,
    /// The command that repeats it.
    pub repeat: String,
}

/// Failures with one root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cause {
    /// One sentence.
    pub title: String,
    /// Who is to blame.
    pub party: Party,
    /// Who set it off, if another.
    pub provoked_by: Option<Party>,
    /// The blame rule that found it.
    pub rule: String,
    /// Ids of the scenarios it explains.
    pub scenarios: Vec<String>,
}

/// About the run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunInfo {
    /// Id of the run: equal runs (seed, version, system, transport, selection) have equal ids; see [`RunInfo::with_id`].
    pub id: String,
    /// Seed.
    pub seed: u64,
    /// Version of shakedown.
    pub version: String,
    /// The system, e.g. `reference`.
    pub system: String,
    /// What the system says of itself, e.g. `docker-registry 2.8.2`.
    pub system_version: Option<String>,
    /// The storage, e.g. `mock`.
    pub storage: String,
    /// `memory` or `tcp`.
    pub over: String,
    /// The machine in a few words, e.g. `linux x86_64, 2 cores`.
    pub host: Option<String>,
    /// Start, RFC 3339.
    pub started: String,
    /// Wall time, microseconds.
    pub wall_us: u64,
    /// Sum of the scenarios' own (virtual) time, microseconds.
    pub virtual_us: u64,
    /// True if the run was cut short.
    pub interrupted: bool,
    /// Abilities of the system that were looked for, or told by its user.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub abilities: Vec<Ability>,
    /// Known deviations that this run had something to say about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deviations: Vec<Deviation>,
    /// What field reports recorded of the system, and whether this run showed it again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recorded: Vec<Recorded>,
    /// How much of the specification was looked at.
    #[serde(default)]
    pub rules: RuleCoverage,
    /// What the run wrote and could not delete, with the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_behind: Vec<String>,
}

/// Something a system may be able to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ability {
    /// Its name in `--abilities`.
    pub name: String,
    /// Whether the system has it.
    pub there: bool,
    /// What showed it, e.g. `405 on DELETE /v2/<name>/manifests/<tag>`.
    pub evidence: String,
}

/// A listed difference of a system from what is asked of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Deviation {
    /// Why it is as it is.
    pub reason: String,
    /// Where to read more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Ids of the scenarios that failed as listed.
    pub scenarios: Vec<String>,
    /// Entries of the list whose scenarios all passed: they must be deleted there, and fail the run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<String>,
}

/// What was recorded of the system in the field, looked for in one scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Recorded {
    /// The incident, e.g. `A01`.
    pub incident: String,
    /// Id of the scenario.
    pub scenario: String,
    /// What was recorded, e.g. `PATCH upload 500`.
    pub shows: Vec<String>,
    /// What of it was not seen again: it must be mended in the list, and fails the run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
}

impl RunInfo {
    /// True if what is listed of the system is not what the run saw.
    pub fn is_out_of_date(&self) -> bool {
        self.deviations.iter().any(|deviation| !deviation.gone.is_empty())
            || self.recorded.iter().any(|recorded| !recorded.missing.is_empty())
    }

    /// How many incidents were looked for as recorded, and how many of them were seen again in all their scenarios.
    pub fn incidents_seen_again(&self) -> (usize, usize) {
        let ids = |only_missing: bool| {
            let entries = self.recorded.iter().filter(|entry| !only_missing || !entry.missing.is_empty());
            entries.map(|entry| entry.incident.as_str()).collect::<std::collections::BTreeSet<_>>().len()
        };
        (ids(false), ids(false) - ids(true))
    }

    /// What was recorded and not seen again, one line each.
    pub fn unlike_recorded(&self) -> impl Iterator<Item = String> {
        self.recorded
            .iter()
            .filter(|entry| !entry.missing.is_empty())
            .map(|entry| format!("{} in {}: no `{}`", entry.incident, entry.scenario, entry.missing.join("`, no `")))
    }
}

/// Counts of scenarios by verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Totals {
    /// Passed.
    pub passed: u64,
    /// Known deviations.
    pub known: u64,
    /// Failed.
    pub failed: u64,
    /// Errors.
    pub error: u64,
    /// Skipped.
    pub skipped: u64,
    /// Inconclusive.
    pub inconclusive: u64,
    /// Not run.
    pub not_run: u64,
    /// All.
    pub total: u64,
}

impl Report {
    /// Entries of the list of known deviations that no longer occur.
    pub fn gone(&self) -> impl Iterator<Item = &str> {
        self.run.deviations.iter().flat_map(|deviation| &deviation.gone).map(String::as_str)
    }
}

/// A whole run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// [`REPORT_SCHEMA`].
    #[schemars(extend("const" = REPORT_SCHEMA))]
    pub schema: String,
    /// About the run.
    pub run: RunInfo,
    /// Counts.
    pub totals: Totals,
    /// Failures folded by root cause, the one that explains most first.
    pub causes: Vec<Cause>,
    /// What clients rely on beyond the specification, and the system does not do: no failures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub habits: Vec<MissedHabit>,
    /// The scenarios in the order of their ids.
    pub scenarios: Vec<ScenarioReport>,
    /// What the ids of rules and incidents in this report stand for.
    #[serde(default)]
    pub glossary: Glossary,
}

impl Check {
    /// The rules in brackets with a space before, e.g. ` (CH8, CH14: MUST since 1.1)`; empty if there are none.
    pub fn rules_in_brackets(&self) -> String {
        let duty = if self.duty.is_empty() { String::new() } else { format!(": {}", self.duty) };
        if self.rules.is_empty() { String::new() } else { format!(" ({}{duty})", self.rules.join(", ")) }
    }
}

impl Verdict {
    /// As it stands in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Known => "known",
            Self::Skipped => "skipped",
            Self::Inconclusive => "inconclusive",
            Self::Failed => "failed",
            Self::Error => "error",
            Self::NotRun => "not run",
        }
    }
}

impl Party {
    /// For people, e.g. `token service`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Storage => "storage",
            Self::Gateway => "gateway",
            Self::ForwardProxy => "forward proxy",
            Self::Registry => "registry",
            Self::Client => "client",
            Self::TokenService => "token service",
            Self::Upstream => "upstream",
            Self::Unknown => "unknown",
        }
    }
}

impl Blame {
    /// The same with one more call as evidence.
    #[must_use]
    pub fn with_evidence(mut self, call: usize, shows: &str) -> Self {
        self.evidence.push(Evidence { call, shows: shows.to_owned() });
        self
    }

    /// The parties in one line, e.g. `registry, provoked by storage`.
    pub fn parties(&self) -> String {
        parties(self.party, self.provoked_by)
    }
}

impl Cause {
    /// The parties in one line, e.g. `registry, provoked by storage`.
    pub fn parties(&self) -> String {
        parties(self.party, self.provoked_by)
    }
}

fn parties(party: Party, provoked_by: Option<Party>) -> String {
    match provoked_by {
        Some(other) => format!("{}, provoked by {}", party.name(), other.name()),
        None => party.name().to_owned(),
    }
}

impl Totals {
    /// The counts that are not zero, and always those of passed and failed, with their names, in the order of reports.
    pub fn parts(&self) -> Vec<(u64, Verdict)> {
        [
            (self.passed, Verdict::Passed),
            (self.known, Verdict::Known),
            (self.failed, Verdict::Failed),
            (self.error, Verdict::Error),
            (self.skipped, Verdict::Skipped),
            (self.inconclusive, Verdict::Inconclusive),
            (self.not_run, Verdict::NotRun),
        ]
        .into_iter()
        .filter(|(count, verdict)| *count > 0 || matches!(verdict, Verdict::Passed | Verdict::Failed))
        .collect()
    }

    /// One line, e.g. `37 passed, 2 failed, 1 skipped of 40`.
    pub fn line(&self) -> String {
        let parts: Vec<_> =
            self.parts().into_iter().map(|(count, verdict)| format!("{count} {}", verdict.name())).collect();
        format!("{} of {}", parts.join(", "), self.total)
    }

    /// Counts verdicts.
    pub fn of(verdicts: impl IntoIterator<Item = Verdict>) -> Self {
        let mut totals = Self::default();
        for verdict in verdicts {
            totals.total += 1;
            let count = match verdict {
                Verdict::Passed => &mut totals.passed,
                Verdict::Known => &mut totals.known,
                Verdict::Failed => &mut totals.failed,
                Verdict::Error => &mut totals.error,
                Verdict::Skipped => &mut totals.skipped,
                Verdict::Inconclusive => &mut totals.inconclusive,
                Verdict::NotRun => &mut totals.not_run,
            };
            *count += 1;
        }
        totals
    }
}
