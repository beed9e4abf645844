//! The list of faults of a run and the decision which one strikes. Deterministic: (faults, seed, order of calls) decide.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Action, Call, Effect, When};

/// The party a fault acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum On {
    /// The object store.
    S3,
    /// The registry's front: what its clients see.
    Registry,
}

/// One fault of a scenario.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Fault {
    /// The party that misbehaves.
    pub on: On,
    /// Which of its calls.
    #[serde(default)]
    pub when: When,
    /// How.
    pub effect: Effect,
}

/// A fault that strikes now.
#[derive(Debug, Clone, PartialEq)]
pub struct Firing {
    /// Index in the list of faults.
    pub rule: usize,
    /// How often this rule had fired before.
    pub nth: u64,
    /// The effect's kind as written in files.
    pub effect: &'static str,
    /// What it does, in one sentence for people.
    pub summary: String,
    /// What to do, in order.
    pub actions: Vec<Action>,
}

/// The faults of one run with their counters and random streams.
#[derive(Debug, Clone)]
pub struct FaultSet {
    faults: Vec<Fault>,
    seed: u64,
}

impl FaultSet {
    /// A set from its files' faults and the run's seed.
    pub fn new(faults: Vec<Fault>, seed: u64) -> Self {
        Self { faults, seed }
    }

    /// Which fault, if any, strikes this call. Must be asked once per call, in the order of arrival; the first that matches wins.
    pub fn decide(&mut self, call: &Call<'_>, now: Duration) -> Option<Firing> {
        let _ = (call, now, self.seed, &self.faults);
        None
    }

    /// A named event happened (a step began, a rule fired): rules that wait for it may strike from now on.
    pub fn event(&mut self, name: &str) {
        let _ = name;
    }
}
