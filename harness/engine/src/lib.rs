//! Runs plans: systems, steps, trace, verdicts, invariants, blame. Emits events; prints nothing.
//!
//! Not here: the file format (`shakedown-scenario`), what is printed (`shakedown-reports`, `shakedown-cli`).

mod outcome;
mod view;

pub use outcome::{ScenarioRun, StepRun};
pub use view::{ApiAnswer, ApiView, BucketView, Look, ObjectEntry, UploadEntry, ViewError};
