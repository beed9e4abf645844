//! Probes of S3 storage: what a container registry needs of it, and what it gets.
//!
//! - [`Target`] is the store, [`Plan`] what is asked of it; [`qualify`] asks and gives a [`Report`];
//! - a [`Probe`] is one question with its rule; they live in `probes/`, one line each in the list of `probes/mod.rs`;
//! - [`Profile`] is a registry; what a failure means to it is said per probe, what helps in `remedies`.
//!
//! S3 is known here only as a [`Party`](shakedown_wire::Party): requests with exact bytes, judged by what a registry needs of the
//! answer. Nothing is written outside the run's own random prefix, and `ledger` knows all that was. Not here: printing.

mod answer;
mod ask;
mod blame;
mod budget;
mod calls;
mod cleaning;
mod context;
mod ledger;
mod plan;
mod preflight;
mod probe;
mod probes;
mod profile;
mod remedies;
mod report;
mod run;
mod target;
mod verdict;

pub use cleaning::{Leftover, MARKER, clean};
pub use plan::{Level, Plan};
pub use preflight::Unable;
pub use probe::{Probe, Severities, Severity};
pub use probes::all;
pub use profile::Profile;
pub use report::{Blame, OnTop, OnTopFailure, Report, Result, Verdict};
pub use run::{Stop, qualify};
pub use target::{Target, Transport};
pub use verdict::{Condition, Decision, ProfileVerdict};
