//! What is said about a run: one model, one pure renderer per format. Depends on nothing of ours; no IO, no clock.
//!
//! - [`Report`] is the model, `shakedown.report/v1`; [`schema`] is its JSON schema;
//! - [`FORMATS`] lists the renderers, one file each in `formats/`;
//! - [`terminal`] also renders single scenarios, for output while a run goes on.
//!
//! Not here: how a report comes to be (the engine) and where it is written (the command line).

mod equal;
mod formats;
mod model;
#[cfg(test)]
mod sample;
mod schema;
mod text;

pub use formats::{FORMATS, Format, Options, terminal};
pub use model::{
    Blame, BodyInfo, Call, Cause, Check, Evidence, FaultFired, Party, REPORT_SCHEMA, Report, RunInfo, ScenarioReport,
    StepReport, Totals, Verdict,
};
pub use schema::schema;
