//! What both ends of the control interface exchange.

use serde::{Deserialize, Serialize};
use shakedown_faults::Fault;
use shakedown_wire::Exchange;

/// `GET /`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// `shakedown-s3`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// One line per request that is understood.
    pub requests: Vec<String>,
}

/// `GET /faults`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FaultList {
    /// The faults in their order.
    pub faults: Vec<Fault>,
    /// How often each struck.
    pub fired: Vec<u64>,
}

/// `GET /journal`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Journal {
    /// The exchanges, at most as many as were asked for.
    pub exchanges: Vec<Exchange>,
    /// What to ask for next with `since`.
    pub next: u64,
    /// True if there are more already.
    pub more: bool,
    /// How many passed unrecorded because the journal was full.
    pub dropped: u64,
}

/// `GET /time`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Time {
    /// The date, in microseconds since 1970.
    pub unix_us: u64,
    /// Run time, in microseconds: the scale of the journal.
    pub elapsed_us: u64,
}

/// Body of `POST /reset`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reset {
    pub(super) buckets: Vec<String>,
}

/// Body of `POST /objects/B/KEY`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Damage {
    Truncate(u64),
    Corrupt(u64),
}

/// Answer to `POST /faults`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Added {
    pub(super) rule: usize,
}

/// Answer to `DELETE /objects/B/KEY`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Deleted {
    pub(super) deleted: bool,
}

/// Answer to `POST /uploads/B/KEY`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Opened {
    pub(super) upload_id: String,
}

/// Body of every error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Problem {
    pub(super) error: String,
}
