//! The report model, `shakedown.report/v1`. Renderers read it; nothing else is kept of a run.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
    /// The registry under test.
    Registry,
    /// The client.
    Client,
    /// The token service.
    TokenService,
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
    /// Passed, failed, skipped or error.
    pub verdict: Verdict,
    /// Index of the call in the scenario's `calls`, if it speaks of one.
    pub call: Option<usize>,
}

/// A fault that struck a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FaultFired {
    /// Index of the rule in the scenario's faults.
    pub rule: usize,
    /// The effect's kind.
    pub effect: String,
    /// What it did.
    pub summary: String,
}

/// One recorded call of any lane, in order of time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Call {
    /// Who sent it, e.g. `client`.
    pub from: String,
    /// Who answered, e.g. `registry`, `s3`.
    pub to: String,
    /// Index (in `calls`) of the client call that caused it, where known.
    pub caused_by: Option<usize>,
    /// Microseconds since the scenario began (virtual in memory).
    pub start_us: u64,
    /// End; absent if it never ended.
    pub end_us: Option<u64>,
    /// HTTP method.
    pub method: String,
    /// Absolute URI, secrets replaced.
    pub uri: String,
    /// S3 operation, on storage lanes.
    pub operation: Option<String>,
    /// Key (or prefix), on storage lanes.
    pub key: Option<String>,
    /// Class of the key, on storage lanes.
    pub key_class: Option<String>,
    /// Status; absent if no answer came.
    pub status: Option<u16>,
    /// The error instead of (the rest of) the answer.
    pub error: Option<String>,
    /// A few words on the answer, e.g. `0 uploads`.
    pub note: Option<String>,
    /// Request header lines, secrets replaced.
    pub request_headers: Vec<(String, String)>,
    /// Response header lines, secrets replaced.
    pub response_headers: Vec<(String, String)>,
    /// Request body: bytes, digest, first bytes.
    pub request_body: BodyInfo,
    /// Response body: bytes, digest, first bytes.
    pub response_body: BodyInfo,
    /// Faults that struck it.
    pub faults: Vec<FaultFired>,
}

impl Call {
    /// True if a client sent it, to the registry or to where a redirect led.
    pub fn is_client(&self) -> bool {
        self.from == "client"
    }

    /// True if a client sent it elsewhere than to the registry: it followed a redirect.
    pub fn is_redirected(&self) -> bool {
        self.is_client() && self.to != "registry"
    }
}

/// What is kept of a body.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BodyInfo {
    /// Bytes.
    pub bytes: u64,
    /// `sha256:<hex>`; absent if empty.
    pub digest: Option<String>,
    /// The first bytes as text, secrets replaced.
    pub excerpt: String,
    /// False if it broke off.
    pub complete: bool,
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
    /// Verdict.
    pub verdict: Verdict,
    /// Why skipped, failed, error: one line.
    pub reason: Option<String>,
    /// Who is to blame, for failures.
    pub blame: Option<Blame>,
    /// The steps, `after` last.
    pub steps: Vec<StepReport>,
    /// All calls of all lanes by start.
    pub calls: Vec<Call>,
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
    /// The scenarios in the order of their ids.
    pub scenarios: Vec<ScenarioReport>,
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
            Self::Registry => "registry",
            Self::Client => "client",
            Self::TokenService => "token service",
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
