//! `revoke-key`: an access key taken away in the middle of a run (B11).

use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::EffectKind;
use crate::{Action, StoreFault};

/// No parameters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RevokeKey {}

impl EffectKind for RevokeKey {
    fn summary(&self) -> String {
        "refuses this access key from now on".to_owned()
    }

    fn actions(&self, _rng: &mut ChaCha8Rng) -> Vec<Action> {
        vec![Action::Store(StoreFault::RevokeKey)]
    }

    fn bare() -> Option<Self> {
        Some(Self {})
    }
}
