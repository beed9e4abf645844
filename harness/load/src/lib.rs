//! Makes load on a registry, measures it, and compares measurements. Prints nothing and starts no system.
//!
//! In the order a reader wants it:
//! - [`LoadFile`] is the format of `scenarios/load/*.yaml`, [`Sizes`] its distributions;
//! - [`measure`] runs one on [`Subject`]s that take turns, and gives a report;
//! - `ops` holds one file per kind of operation, `content` what they push: bytes from a seed, in constant memory;
//! - `grown` is what a storage holds after years, for loads on one;
//! - `tally` counts and times, `arrivals` says when operations are due;
//! - [`Goal`] is what a load is to reach, judged with each measurement;
//! - `bound` is the system [`LIMIT`]: what one more hop and the hashing allow;
//! - [`self_test`] says whether the load generator itself is fast enough to measure with;
//! - [`compare`] says whether one measurement is slower than another, [`merge`] joins the parts of one that was spread out.
//!
//! Not here: how a system is started and its storage watched (`shakedown-engine`), the report's model (`shakedown-reports`).

mod acknowledged;
mod arrivals;
mod bound;
mod compare;
mod compression;
mod content;
mod file;
mod goals;
mod grown;
mod lab;
mod limit;
mod merge;
mod ops;
mod part;
mod round;
mod run;
mod sizes;
mod statistics;
mod tally;
mod verify;

pub use bound::{Backend, beyond_limit, hop};
pub use compare::{CompareError, LIMIT, Sides, compare, took_turns};
pub use file::{LoadFile, StorageSpec};
pub use goals::{Amount, Goal, MetricName};
pub use grown::Grown;
pub use limit::{Asked, Extent, Limit, Service, Side, Unit, beside_nothing, self_test};
pub use merge::{MergeError, merge};
pub use part::Part;
pub use run::{LoadError, LoadOptions, Meter, Progress, Strikes, Subject, measure};
pub use sizes::Sizes;
