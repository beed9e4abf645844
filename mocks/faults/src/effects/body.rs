//! `body`: another body under the party's own head (B09, A10).

use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use bytes::Bytes;

use super::EffectKind;
use crate::{Action, BodyEdit, Size};

/// What happens to the body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Body {
    /// This text instead of it.
    Replace(String),
    /// This text before it.
    Prepend(String),
}

impl EffectKind for Body {
    fn summary(&self) -> String {
        match self {
            Self::Replace(text) => format!("answers with another body of {}", Size(text.len() as u64)),
            Self::Prepend(text) => format!("puts {} before the body", Size(text.len() as u64)),
        }
    }

    fn actions(&self, _rng: &mut ChaCha8Rng) -> Vec<Action> {
        vec![Action::Body(match self {
            Self::Replace(text) => BodyEdit::Replace(Bytes::from(text.clone())),
            Self::Prepend(text) => BodyEdit::Prepend(Bytes::from(text.clone())),
        })]
    }
}
