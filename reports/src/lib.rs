//! What is said about a run: one model, one pure renderer per format. Depends on nothing of ours; no IO, no clock.

pub mod model;

pub use model::{
    Blame, Call, Cause, Check, FaultFired, Party, Report, RunInfo, ScenarioReport, StepReport, Totals, Verdict, REPORT_SCHEMA,
};
