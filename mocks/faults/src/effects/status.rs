//! `status`: another status over the party's own headers and body.

use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::EffectKind;
use crate::{Action, HeadEdit};

/// The status that is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Status(crate::status::Status);

impl EffectKind for Status {
    fn summary(&self) -> String {
        format!("sends its answer under status {}", self.0)
    }

    fn actions(&self, _rng: &mut ChaCha8Rng) -> Vec<Action> {
        vec![Action::Head(HeadEdit::Status(self.0.0))]
    }
}
