//! `close`: the connection is closed before anything happens.

use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::EffectKind;
use crate::{Action, End, Moment};

/// No parameters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Close {}

impl EffectKind for Close {
    fn summary(&self) -> String {
        "closes the connection before the request is applied".to_owned()
    }

    fn actions(&self, _rng: &mut ChaCha8Rng) -> Vec<Action> {
        vec![Action::Break(Moment::Before, End::Fin)]
    }

    fn bare() -> Option<Self> {
        Some(Self {})
    }
}
