//! The model of a comparison, `shakedown.comparison/v1`: what was before, what is now, and what can be said about the difference.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The schema's name, in every file.
pub const COMPARISON_SCHEMA: &str = "shakedown.comparison/v1";

/// Two measurements compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// `shakedown.comparison/v1`.
    pub schema: String,
    /// What is compared with: the old one.
    pub before: String,
    /// What is judged: the new one.
    pub after: String,
    /// True if the two took turns on one machine; else their machines and days differ, and so may their numbers.
    pub interleaved: bool,
    /// A difference up to this share is of no interest, e.g. 0.03.
    pub threshold: f64,
    /// How sure an interval is, e.g. 0.99.
    pub confidence: f64,
    /// One for each load and metric.
    pub rows: Vec<Row>,
}

/// What can be said about one metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "verdict")]
pub enum Judgement {
    /// Worse by more than the threshold.
    Regressed,
    /// Better by more than the threshold.
    Improved,
    /// The difference is within the threshold.
    Unchanged,
    /// The interval is too wide to say.
    CannotTell {
        /// So many more rounds are likely to tell.
        more_rounds: u64,
    },
}

/// One metric of one load.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Row {
    /// The load scenario's id.
    pub load: String,
    /// What was measured.
    pub metric: String,
    /// Its unit.
    pub unit: String,
    /// Before.
    pub before: f64,
    /// After.
    pub after: f64,
    /// After by before; larger is worse for all metrics but rates.
    pub ratio: f64,
    /// The interval in which the true ratio lies; one point where counts are exact.
    pub low: f64,
    /// Its other end.
    pub high: f64,
    /// How much rounds differ among themselves, as a share of their mean: 0.02 is a quiet machine.
    pub noise: f64,
    /// Rounds of each side.
    pub rounds: u64,
    /// True if this metric counts as a regression of the whole; others are shown only.
    pub gates: bool,
    /// True if it is a count without noise.
    pub exact: bool,
    /// What can be said.
    #[serde(flatten)]
    pub judgement: Judgement,
}

impl Comparison {
    /// The rows that make the whole a regression.
    pub fn regressions(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.gates && row.judgement == Judgement::Regressed)
    }
}

impl std::fmt::Display for Judgement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Regressed => f.write_str("regressed"),
            Self::Improved => f.write_str("improved"),
            Self::Unchanged => f.write_str("unchanged"),
            Self::CannotTell { more_rounds: 1 } => f.write_str("cannot tell: needs 1 more round"),
            Self::CannotTell { more_rounds } => write!(f, "cannot tell: needs {more_rounds} more rounds"),
        }
    }
}
