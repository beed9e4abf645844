//! `duplicate`: a request delivered twice, as a retrying gateway does (A11).

use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::EffectKind;
use crate::Action;

/// No parameters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Duplicate {}

impl EffectKind for Duplicate {
    fn summary(&self) -> String {
        "applies the request twice".to_owned()
    }

    fn actions(&self, _rng: &mut ChaCha8Rng) -> Vec<Action> {
        vec![Action::Twice]
    }

    fn bare() -> Option<Self> {
        Some(Self {})
    }
}
