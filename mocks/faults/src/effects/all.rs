//! `all`: several effects of one rule, in order.

use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Effect, EffectKind};
use crate::Action;

/// The effects.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct All(Vec<Effect>);

impl EffectKind for All {
    fn summary(&self) -> String {
        self.0.iter().map(Effect::summary).collect::<Vec<_>>().join("; then ")
    }

    fn actions(&self, rng: &mut ChaCha8Rng) -> Vec<Action> {
        self.0.iter().flat_map(|effect| effect.actions(rng)).collect()
    }

    fn problems(&self) -> Vec<String> {
        if self.0.is_empty() {
            return vec!["`all` needs at least one effect".to_owned()];
        }
        self.0.iter().flat_map(Effect::problems).collect()
    }
}
