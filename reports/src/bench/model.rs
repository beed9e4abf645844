//! The model of a measurement, `shakedown.bench/v1`. Not here: how it is measured (`shakedown-load`) and what is said about it
//! (`terminal`, `markdown`).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::goals::GoalReport;

/// The schema's name, in every file.
pub const BENCH_SCHEMA: &str = "shakedown.bench/v1";

/// A measurement: loads, each on one system or on two in turn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BenchReport {
    /// `shakedown.bench/v1`.
    pub schema: String,
    /// The run.
    pub run: BenchRun,
    /// One for each load scenario, in order.
    pub loads: Vec<LoadReport>,
}

/// The run as a whole.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BenchRun {
    /// Version of shakedown.
    pub version: String,
    /// Seed of contents, mixes and arrivals.
    pub seed: u64,
    /// When it began, RFC 3339.
    pub started: String,
    /// How long it took, in microseconds.
    pub wall_us: u64,
    /// True if it was stopped before its end: what is here was measured, but there is less of it.
    pub interrupted: bool,
    /// True if shakedown was built with optimisation; other numbers say nothing about speed.
    pub optimised: bool,
    /// Processors of the machine.
    pub cores: u64,
    /// Which part of the load this is, `I/N`; absent if all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<String>,
    /// What repeats it.
    pub command: String,
}

/// One load scenario with what was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LoadReport {
    /// The load scenario's id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// How load was made, in words: `16 workers`, `200/s, at most 64 at a time`.
    pub model: String,
    /// Microseconds between two points of the timelines.
    pub interval_us: u64,
    /// After how many rounds it stopped because all rates were known well enough; absent if that was not why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stable_after: Option<u64>,
    /// One for each system, in the order in which they took turns.
    pub systems: Vec<SystemReport>,
    /// The goals that the load sets, and what the first system makes of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub goals: Vec<GoalReport>,
}

impl LoadReport {
    /// How load was made, and whether that was enough before the end.
    pub fn made(&self) -> String {
        match self.stable_after {
            Some(rounds) => format!("{}; stable after {rounds} rounds", self.model),
            None => self.model.clone(),
        }
    }
}

/// What was measured on one system.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SystemReport {
    /// The system's name.
    pub name: String,
    /// Its version, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// By kind of operation.
    pub operations: BTreeMap<String, OperationReport>,
    /// The rounds: samples for comparisons.
    pub rounds: Vec<Round>,
    /// Finished operations, bytes and errors over time; the time between rounds is left out.
    pub timeline: Vec<Point>,
    /// Faults of the storage by what they do: how often each struck in each interval of the timeline.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub faults: BTreeMap<String, Vec<u64>>,
    /// Errors by cause.
    pub errors: BTreeMap<String, u64>,
    /// Operations that were cut off when the run was stopped; they count nowhere else.
    pub abandoned: u64,
    /// What it asked of the storage; absent if that could not be seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<StorageUse>,
    /// What was read back when the load was over; absent if nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verification: Option<Verification>,
    /// What it took of the machine; absent if it is no child of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<Resources>,
}

/// One kind of operation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OperationReport {
    /// Finished well.
    pub count: u64,
    /// Failed.
    pub errors: u64,
    /// Bytes of content moved by those that finished well.
    pub bytes: u64,
    /// Time of those that finished well; in the open model from when they were due.
    pub latency: Times,
    /// Time to the first byte of content; only of what is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_byte: Option<Times>,
    /// Transfer and unpacking apart; only of pulls of compressed layers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unpacking: Option<Unpacking>,
}

/// Compressed layers that were unpacked while they came. The time of the pull ends when both are done.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Unpacking {
    /// Time until all bytes had come.
    pub transfer: Times,
    /// Time at work on unpacking, waiting for bytes left out.
    pub work: Times,
    /// Bytes of content.
    pub bytes: u64,
}

/// A distribution of times in microseconds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Times {
    /// Arithmetic mean.
    pub mean_us: f64,
    /// Half took at most this.
    pub p50_us: u64,
    /// 90 %.
    pub p90_us: u64,
    /// 99 %.
    pub p99_us: u64,
    /// 99.9 %.
    pub p999_us: u64,
    /// The longest.
    pub max_us: u64,
    /// The histogram: upper end of a bucket and how many fell into it. Histograms add up exactly, percentiles do not.
    pub buckets: Vec<(u64, u64)>,
}

/// One round on one system: a sample.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Round {
    /// Operations that finished well.
    pub count: u64,
    /// Operations that failed.
    pub errors: u64,
    /// Bytes of content.
    pub bytes: u64,
    /// From the first beginning to the last end, in microseconds.
    pub wall_us: u64,
    /// Mean time of an operation.
    pub mean_us: f64,
    /// Median time of an operation.
    pub p50_us: u64,
    /// 99 % of operations took at most this.
    pub p99_us: u64,
    /// CPU time that the system took, in microseconds; absent if unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_us: Option<u64>,
    /// Requests to the storage; absent if unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_requests: Option<u64>,
}

/// A point of a timeline.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Point {
    /// Operations that finished well in this interval.
    pub count: u64,
    /// Bytes of their content.
    pub bytes: u64,
    /// Operations that failed.
    pub errors: u64,
}

/// What was asked of the storage during the rounds, counted at our mock.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StorageUse {
    /// Requests.
    pub requests: u64,
    /// Requests by S3 operation.
    pub by_operation: BTreeMap<String, u64>,
    /// Bytes announced by requests.
    pub bytes_in: u64,
    /// Bytes announced by answers.
    pub bytes_out: u64,
}

/// What became of acknowledged pushes: each was read back, all bytes of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Verification {
    /// Pushes that are there.
    pub verified: u64,
    /// Pushes that are not, by cause.
    pub lost: BTreeMap<String, u64>,
    /// Some of them by name.
    pub named: Vec<String>,
    /// Pushes that were not looked at, because the run was stopped or there were too many gaps between them.
    pub unverified: u64,
}

impl Verification {
    /// Acknowledged pushes that are not there, or not as they were.
    pub fn lost(&self) -> u64 {
        self.lost.values().sum()
    }
}

/// What a child took of the machine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Resources {
    /// CPU time during the rounds, in microseconds.
    pub cpu_us: u64,
    /// Most memory it ever held, in bytes.
    pub peak_bytes: u64,
}

impl SystemReport {
    /// Operations that finished well.
    pub fn count(&self) -> u64 {
        self.operations.values().map(|operation| operation.count).sum()
    }

    /// Operations that failed.
    pub fn failed(&self) -> u64 {
        self.operations.values().map(|operation| operation.errors).sum()
    }

    /// Acknowledged pushes that are not there any more.
    pub fn lost(&self) -> u64 {
        self.verification.as_ref().map_or(0, Verification::lost)
    }

    /// Bytes of content moved.
    pub fn bytes(&self) -> u64 {
        self.operations.values().map(|operation| operation.bytes).sum()
    }

    /// Time of all rounds together, in microseconds.
    pub fn wall_us(&self) -> u64 {
        self.rounds.iter().map(|round| round.wall_us).sum()
    }

    /// Operations a second.
    pub fn per_second(&self) -> f64 {
        rate(self.count(), self.wall_us())
    }

    /// Bytes a second.
    pub fn bytes_per_second(&self) -> f64 {
        rate(self.bytes(), self.wall_us())
    }

    /// Requests to the storage for each operation, failed ones included.
    pub fn storage_per_operation(&self) -> Option<f64> {
        let operations = self.count() + self.failed();
        self.storage.as_ref().filter(|_| operations > 0).map(|storage| storage.requests as f64 / operations as f64)
    }
}

/// So many in so many microseconds, as a rate for a second.
pub(super) fn rate(count: u64, us: u64) -> f64 {
    if us == 0 { 0.0 } else { count as f64 * 1e6 / us as f64 }
}
