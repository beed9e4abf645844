//! What a run is asked to do. Not here: which scenarios (the caller has filtered them) and what is printed.

use std::collections::BTreeMap;
use std::sync::Arc;

use shakedown_client::Credentials;
use shakedown_oci::Version;
use tokio::sync::watch;

use crate::foreign::ForeignStorage;
use crate::systems::{Abilities, Deviation, SystemChoice};

/// The transport of the seam.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Over {
    /// No sockets, virtual time.
    #[default]
    Memory,
    /// Loopback sockets, real time.
    Tcp,
}

impl Over {
    /// The name used in reports and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Tcp => "tcp",
        }
    }
}

/// One part of a run that is spread over several machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Which part, from 1.
    pub index: usize,
    /// How many parts.
    pub count: usize,
}

impl Shard {
    /// True if the scenario at `position` (from 0, in the order of ids) belongs to this part.
    pub fn holds(self, position: usize) -> bool {
        self.count == 0 || position % self.count + 1 == self.index
    }
}

/// How a registry that somebody else runs is reached.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// As whom.
    pub credentials: Credentials,
    /// PEM with certificates to trust besides Mozilla's.
    pub roots_pem: Option<Vec<u8>>,
    /// Abilities that its user tells; the others are looked for.
    pub abilities: Abilities,
}

/// What a run is asked to do.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// The registry under test.
    pub system: SystemChoice,
    /// The transport; processes, URLs and what stands on somebody's store are always reached over TCP.
    pub over: Over,
    /// The text of the specification that answers are held to; the reference registry follows it, too.
    pub spec: Version,
    /// Decides all content, all ids and all random faults.
    pub seed: u64,
    /// Scenarios at the same time; 0 for one per core in memory, and several per core in real time.
    pub jobs: usize,
    /// The part to run; all if absent.
    pub shard: Option<Shard>,
    /// How often a failed scenario is tried again.
    pub retries: u32,
    /// After so many failures nothing new is begun.
    pub max_fail: Option<u32>,
    /// Values for the `vars` of a system file, e.g. `binary`.
    pub vars: BTreeMap<String, String>,
    /// Variables of the scenarios as they were given from outside; the command that repeats a scenario carries them. Nothing secret.
    pub given: Vec<(String, String)>,
    /// How a registry given as URL is reached.
    pub access: Access,
    /// Without a container engine, or without an image, the run fails instead of being skipped.
    pub require_containers: bool,
    /// Known deviations besides those of the system's file.
    pub deviations: Vec<Deviation>,
    /// Somebody's store under the registry, instead of the S3 mock.
    pub storage: Option<ForeignStorage>,
    /// Stops the run.
    pub interrupt: Interrupt,
    /// Texts that are replaced wherever they would be shown.
    pub secrets: Vec<String>,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            system: SystemChoice::Reference { defects: Vec::new(), allowed: Vec::new() },
            over: Over::Memory,
            spec: Version::default(),
            seed: 1,
            jobs: 0,
            shard: None,
            retries: 0,
            max_fail: None,
            vars: BTreeMap::new(),
            given: Vec::new(),
            access: Access::default(),
            require_containers: false,
            deviations: Vec::new(),
            storage: None,
            interrupt: Interrupt::new(),
            secrets: Vec::new(),
        }
    }
}

impl RunOptions {
    /// The transport that will really be used.
    pub fn transport(&self) -> Over {
        match self.system {
            SystemChoice::Reference { .. } if self.storage.is_none() => self.over,
            SystemChoice::Reference { .. } => Over::Tcp,
            SystemChoice::Process(_) | SystemChoice::Url { .. } => Over::Tcp,
        }
    }
}

/// A seed that no earlier run had, short enough to be typed again. The standard library's only source of randomness is its hasher.
pub fn fresh_seed() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::collections::hash_map::RandomState::new().build_hasher().finish() >> 32
}

/// A number that no earlier run had, for names of things that others may see.
pub fn fresh_id() -> u64 {
    (fresh_seed() << 32) | fresh_seed()
}

/// Stops a run from outside; clones are one token.
#[derive(Debug, Clone)]
pub struct Interrupt(Arc<watch::Sender<bool>>);

impl Interrupt {
    /// Not triggered.
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    /// Stops the run; running scenarios are cut off and their systems ended.
    pub fn trigger(&self) {
        self.0.send_replace(true);
    }

    /// True once triggered.
    pub fn is_triggered(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns once triggered.
    pub(crate) async fn triggered(&self) {
        let mut changes = self.0.subscribe();
        // The sender lives as long as `self`, so waiting cannot fail.
        let _ = changes.wait_for(|triggered| *triggered).await;
    }
}

impl Default for Interrupt {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_position_is_in_exactly_one_shard() {
        for position in 0..20 {
            let holders = (1..=3).filter(|&index| Shard { index, count: 3 }.holds(position)).count();
            assert_eq!(holders, 1, "{position}");
        }
    }

    #[tokio::test]
    async fn an_interrupt_reaches_clones_before_and_after_they_wait() {
        let interrupt = Interrupt::new();
        let waiting = interrupt.clone();
        let task = tokio::spawn(async move { waiting.triggered().await });
        interrupt.trigger();
        task.await.unwrap();
        assert!(interrupt.clone().is_triggered());
        interrupt.triggered().await;
    }
}
