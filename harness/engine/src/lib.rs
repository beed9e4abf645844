//! Runs plans: systems, steps, trace, verdicts, invariants, blame. Emits events; prints nothing.
//!
//! Not here: the file format (`shakedown-scenario`), what is printed (`shakedown-reports`, `shakedown-cli`).

mod outcome;

pub use outcome::{ScenarioRun, StepRun};
