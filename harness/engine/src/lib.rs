//! Runs plans: systems, steps, trace, verdicts, invariants, blame. Emits events; prints nothing.
//!
//! In the order a reader wants it:
//! - [`run`] takes plans and [`RunOptions`], tells [`Event`]s and gives a [`RunResult`]; [`selftest`] does it for each seeded defect;
//! - `supervise` and `play`: one scenario on its own thread, in its own runtime (with its clock paused in memory);
//! - `world`, `systems`, `gateway`: the registry under test, the storage under it, the network between them;
//! - [`doctor`]: what of all this is there on this machine;
//! - [`Hosted`]: one system alone, for loads; [`Standing`]: the world of a scenario, for a client by hand;
//! - `steps` and `expect`: what is done and what must be, one file per kind; `scratch`: where programs run;
//! - `invariants`, `trace`, `blame`, `report`: what came of it, who did it, and how it is told.
//!
//! Not here: the file format (`shakedown-scenario`), what is printed (`shakedown-reports`, `shakedown-cli`).

mod api;
mod asserted;
mod audit;
mod blame;
mod content;
mod control;
mod deviations;
pub mod doctor;
mod duty;
mod expect;
mod folder;
mod foreign;
mod forward;
mod gateway;
mod host;
mod invariants;
mod lifeline;
mod limits;
mod mock;
mod options;
mod outcome;
mod play;
mod preflight;
mod recorded;
mod report;
mod run;
mod scratch;
mod selftest;
mod setup;
mod shared;
mod stage;
mod standing;
mod steps;
mod store;
mod supervise;
mod swift;
mod systems;
mod trace;
mod usage;
mod vars;
mod verdict;
mod view;
mod world;
mod written;

pub use asserted::asserted;
pub use audit::StoredBucket;
pub use deviations::{draft as draft_deviations, fits as selects};
pub use foreign::{ForeignStorage, proxy_can};
pub use host::{HostOptions, HostStorage, Hosted, StorageTally};
pub use options::{Access, Interrupt, Over, RunOptions, Shard, fresh_id, fresh_seed};
pub use outcome::{ScenarioRun, StepRun};
pub use recorded::Recorded;
pub use run::{RunResult, run};
pub use selftest::{AllowedRow, Blamed, Catch, DefectRow, SelftestEvent, SelftestResult, Thoroughness, selftest};
pub use shakedown_client::{Credentials, Secret};
pub use shakedown_containers::engine::podman;
pub use shakedown_reports::Event;
pub use standing::Standing;
pub use systems::{
    Abilities, ComposePlace, ContainerPlace, Deviation, FrontPlace, LimitsOf, PartSize, Ready, Settings, StartedStore,
    StorageOf, Switch, SystemChoice, SystemFile, SystemFileError, VersionCommand, find_program, parse_yaml,
};
pub use usage::Usage;
pub use verdict::Ending;
pub use view::{ApiAnswer, ApiView, BucketView, Look, ObjectEntry, UploadEntry, ViewError};
