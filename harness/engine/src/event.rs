//! What a run tells while it goes, for progress on a terminal and for ndjson.

use serde::Serialize;
use shakedown_reports::{ScenarioReport, Totals, Verdict};

/// One event of a run. As JSON: one object with `event` and the fields.
#[derive(Debug, Clone, PartialEq, Serialize)]
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
