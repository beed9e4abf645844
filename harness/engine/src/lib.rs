//! Runs plans: systems, steps, trace, verdicts, invariants, blame. Emits events; prints nothing.
//!
//! In the order a reader wants it:
//! - [`run`] takes plans and [`RunOptions`], tells [`Event`]s and gives a [`RunResult`]; [`selftest`] does it for each seeded defect;
//! - `supervise` and `play`: one scenario on its own thread, in its own runtime (with its clock paused in memory);
//! - `world` and `systems`: the registry under test, the storage under it, the network between them;
//! - `steps` and `expect`: what is done and what must be, one file per kind;
//! - `invariants`, `trace`, `blame`, `report`: what came of it, who did it, and how it is told.
//!
//! Not here: the file format (`shakedown-scenario`), what is printed (`shakedown-reports`, `shakedown-cli`).

mod api;
mod blame;
mod content;
mod control;
mod event;
mod expect;
mod invariants;
mod lifeline;
mod limits;
mod mock;
mod options;
mod outcome;
mod play;
mod preflight;
mod report;
mod run;
mod selftest;
mod setup;
mod stage;
mod steps;
mod store;
mod supervise;
mod systems;
mod trace;
mod vars;
mod verdict;
mod view;
mod world;

pub use event::Event;
pub use options::{Interrupt, Over, RunOptions, Shard};
pub use outcome::{ScenarioRun, StepRun};
pub use run::{RunResult, run};
pub use selftest::{DefectRow, SelftestEvent, SelftestResult, selftest};
pub use systems::{PartSize, Ready, Settings, Switch, SystemChoice, SystemFile, SystemFileError, VersionCommand};
pub use verdict::Ending;
pub use view::{ApiAnswer, ApiView, BucketView, Look, ObjectEntry, UploadEntry, ViewError};
