//! What a run asks, and what it may cost.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::probe::Probe;
use crate::probes;
use crate::profile::Profile;

/// How much is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Under half a minute and 400 requests on a near store.
    Quick,
    /// Some minutes: races and limits with the counts that show rare faults.
    Standard,
    /// As long as it takes: ten thousand keys, a thousand parts.
    Heavy,
}

impl Level {
    /// The deadline if none is given.
    pub fn deadline(self) -> Duration {
        Duration::from_secs(match self {
            Self::Quick => 120,
            Self::Standard => 600,
            Self::Heavy => 3600,
        })
    }
}

/// What is asked and what it may cost.
#[derive(Debug, Clone)]
pub struct Plan {
    /// How much.
    pub level: Level,
    /// For whom.
    pub profiles: Vec<Profile>,
    /// Only probes whose id begins with one of these; all if empty.
    pub only: Vec<String>,
    /// When the run ends at the latest, without its cleaning.
    pub deadline: Duration,
    /// How long one request may take as a whole.
    pub request_timeout: Duration,
    /// Randomness of names and contents.
    pub seed: u64,
}

impl Plan {
    /// Everything of a level.
    pub fn new(level: Level, seed: u64) -> Self {
        Self {
            level,
            profiles: Profile::ALL.to_vec(),
            only: Vec::new(),
            deadline: level.deadline(),
            request_timeout: Duration::from_secs(20),
            seed,
        }
    }

    /// The probes of this plan, in order.
    pub fn probes(&self) -> Vec<&'static Probe> {
        let wanted = |probe: &&Probe| {
            probe.level <= self.level
                && (self.only.is_empty() || self.only.iter().any(|start| probe.id.starts_with(start.as_str())))
        };
        probes::all().filter(wanted).collect()
    }

    /// Requests of all probes at most, without preflight and cleaning.
    pub fn requests(&self) -> u64 {
        self.probes().iter().map(|probe| u64::from(probe.requests[self.level as usize])).sum()
    }

    /// Bytes of all probes at most.
    pub fn bytes(&self) -> u64 {
        self.probes().iter().map(|probe| probe.bytes[self.level as usize]).sum()
    }

    /// The prefix under which everything of this run is written.
    pub fn prefix(&self) -> String {
        format!("{}{:016x}", crate::ledger::PREFIX, self.seed)
    }
}
