//! Makes load on a registry, measures it, and compares measurements. Prints nothing and starts no system.
//!
//! In the order a reader wants it:
//! - [`LoadFile`] is the format of `scenarios/load/*.yaml`, [`Sizes`] its distributions;
//! - [`measure`] runs one on [`Subject`]s that take turns, and gives a report;
//! - `ops` holds one file per kind of operation, `content` what they push: bytes from a seed, in constant memory;
//! - `tally` counts and times, `arrivals` says when operations are due;
//! - [`self_test`] says whether the load generator itself is fast enough to measure with;
//! - [`compare`] says whether one measurement is slower than another, [`merge`] joins the parts of one that was spread out.
//!
//! Not here: how a system is started and its storage watched (`shakedown-engine`), the report's model (`shakedown-reports`).

mod acknowledged;
mod arrivals;
mod compare;
mod compression;
mod content;
mod file;
mod lab;
mod limit;
mod merge;
mod ops;
mod round;
mod run;
mod sizes;
mod statistics;
mod tally;
mod verify;

pub use compare::{CompareError, Sides, compare};
pub use file::{LoadFile, StorageSpec};
pub use limit::{Extent, Limit, Side, Unit, self_test};
pub use merge::{MergeError, merge};
pub use run::{LoadError, LoadOptions, Meter, Part, Progress, Strikes, Subject, measure};
pub use sizes::Sizes;
