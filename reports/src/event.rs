//! What a run tells while it goes: for progress on a terminal, and as ndjson.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Keep, ScenarioReport, Totals, Verdict};

/// One event of a run. As JSON: one object with `event` and the fields.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The first.
    RunStarted {
        /// How many scenarios will run.
        total: usize,
        /// Seed.
        seed: u64,
        /// The system.
        system: String,
        /// `memory` or `tcp`.
        over: String,
    },
    /// A scenario begins.
    ScenarioStarted {
        /// Its id.
        id: String,
    },
    /// A step of a scenario is over.
    StepFinished {
        /// The scenario.
        id: String,
        /// The step.
        title: String,
        /// How it ended.
        verdict: Verdict,
    },
    /// A scenario is over (also those that are never begun).
    ScenarioFinished {
        /// All about it.
        report: Box<ScenarioReport>,
    },
    /// The last.
    RunFinished {
        /// Counts.
        totals: Totals,
        /// Wall time, microseconds.
        wall_us: u64,
    },
}

impl Event {
    /// The event with as much of a trace as `keep` says.
    #[must_use]
    pub fn kept(self, keep: Keep) -> Self {
        match self {
            Self::ScenarioFinished { report } => Self::ScenarioFinished { report: Box::new(report.kept(keep)) },
            other => other,
        }
    }

    /// The event as one line of JSON, with its newline.
    pub fn line(&self) -> String {
        let mut line = serde_json::to_string(self).expect("an event is JSON");
        line.push('\n');
        line
    }
}
