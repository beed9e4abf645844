//! What running one plan left behind, before it is judged, blamed and reported.

use shakedown_reports::{Check, LogFormat, Verdict};
use shakedown_wire::Exchange;

/// One step as it went.
#[derive(Debug, Clone)]
pub struct StepRun {
    /// What it does, e.g. `push app as lab/app:1`.
    pub title: String,
    /// Line in the scenario file, from 1.
    pub line: Option<u32>,
    /// What was checked. `Check::call` is filled in later, from `trace`.
    pub checks: Vec<(Check, Option<shakedown_wire::TraceId>)>,
    /// Microseconds of run time at which it began and ended.
    pub span_us: (u64, u64),
    /// Set if the environment failed it (target unreachable), with the reason.
    pub error: Option<String>,
}

/// One scenario (or case) as it went.
#[derive(Debug, Clone)]
pub struct ScenarioRun {
    /// The steps that ran, in order.
    pub steps: Vec<StepRun>,
    /// Calls between the client and the registry (and whatever redirects led to), by start.
    pub front: Vec<Exchange>,
    /// Calls between the registry and storage, by start; times are on the same axis as `front`.
    pub back: Vec<Exchange>,
    /// Whether `back` can hold anything: false where the registry's storage is somebody else's.
    pub sees_storage: bool,
    /// The system's log lines with their time in microseconds where known.
    pub log: Vec<(Option<u64>, String)>,
    /// How those lines are written.
    pub log_format: LogFormat,
    /// Skipped, with the reason, or an error of the environment.
    pub early: Option<(Verdict, String)>,
    /// Duration on the scenario's clock, microseconds.
    pub duration_us: u64,
    /// Duration on the wall, microseconds.
    pub wall_us: u64,
}
