//! What is said about a run: one model, one pure renderer per format. Depends on nothing of ours; no IO, no clock.
//!
//! - [`Report`] is the model, `shakedown.report/v1`; [`schema`] is its JSON schema;
//! - [`FORMATS`] lists the renderers, one file each in `formats/`;
//! - [`Event`] is what is told while a run goes, [`event_schema`] its JSON schema;
//! - [`LogFormat`] reads lines of logs, one file per format in `log/`;
//! - [`side_by_side()`] is the table of several systems' verdicts;
//! - [`sarif`] is for mistakes in scenario files, which are no part of a report;
//! - [`Certification`] is a run in the shape that OCI's certification asks for;
//! - [`mod@bench`] is what is said about speed;
//! - [`terminal`] also renders single scenarios, for output while a run goes on.
//!
//! Not here: how a report comes to be (the engine) and where it is written (the command line).

mod baseline;
pub mod bench;
mod certification;
mod curl;
mod equal;
mod event;
mod formats;
mod log;
mod model;
mod page_policy;
#[cfg(test)]
mod sample;
mod sarif;
mod schema;
mod shorten;
mod side_by_side;
mod text;

pub use baseline::{Baseline, KnownFailure};
pub use certification::{Certification, Product, certified_scenarios};
pub use event::Event;
pub use formats::{FORMATS, Format, Options, terminal};
pub use log::LogFormat;
pub use model::{
    Ability, Blame, BodyInfo, Call, Cause, Check, Deviation, Evidence, FaultFired, Glossary, LogLine, MissedHabit,
    Party, REPORT_SCHEMA, Recorded, Report, RuleCount, RuleCoverage, RuleText, RunInfo, ScenarioReport, StepReport,
    Totals, Verdict,
};
pub use sarif::{Finding, sarif};
pub use schema::{bench_schema, event_schema, schema};
pub use shorten::Keep;
pub use side_by_side::{Column, side_by_side, side_by_side_markdown};
