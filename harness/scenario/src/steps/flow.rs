//! Steps made of steps.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shakedown_faults::Span;

use super::Step;

/// All branches run at the same time; each is a list of steps. Fails if one fails.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ParallelStep {
    /// The branches.
    pub branches: Vec<Vec<Step>>,
    /// Cuts all branches off (the client leaves) after this time; what they did until then must still hold.
    #[serde(default)]
    pub cut_after: Option<Span>,
}

/// Steps done by another user of `given.auth`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AsStep {
    /// The user; `nobody` has not logged in.
    pub user: String,
    /// What.
    pub steps: Vec<Step>,
}

/// Steps `times` times in a row; `${round}` counts from 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RepeatStep {
    /// How often; at most 10000.
    pub times: u32,
    /// What.
    pub steps: Vec<Step>,
}

/// Tries the steps again until all pass, at most `within`; then they must pass again at the end of `stays`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EventuallyStep {
    /// Deadline.
    pub within: Span,
    /// Pause between tries; 100ms if absent.
    #[serde(default)]
    pub every: Option<Span>,
    /// They must still pass after this much more time.
    #[serde(default)]
    pub stays: Option<Span>,
    /// What.
    pub steps: Vec<Step>,
}
