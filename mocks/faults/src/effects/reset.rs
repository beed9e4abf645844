//! `reset`: the connection is reset before anything happens (B05, E-blocks).

use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::EffectKind;
use crate::{Action, End, Moment};

/// No parameters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reset {}

impl EffectKind for Reset {
    fn summary(&self) -> String {
        "resets the connection before the request is applied".to_owned()
    }

    fn actions(&self, _rng: &mut ChaCha8Rng) -> Vec<Action> {
        vec![Action::Break(Moment::Before, End::Rst)]
    }

    fn bare() -> Option<Self> {
        Some(Self {})
    }
}
