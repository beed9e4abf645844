//! `corrupt`: one wrong byte (H-blocks).

use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::EffectKind;
use crate::forms::{scalar_too, short_form};
use crate::{Action, BodyEdit, Size};

/// Which byte. `corrupt: 1000` is the one at offset 1000.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(remote = "Self", deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(transform = scalar_too)]
pub struct Corrupt {
    /// Its offset from the begin of the body.
    pub at: Size,
}

impl From<Size> for Corrupt {
    fn from(at: Size) -> Self {
        Self { at }
    }
}

short_form!(Corrupt, Size, "an offset, or a mapping with `at`");

impl EffectKind for Corrupt {
    fn summary(&self) -> String {
        format!("corrupts the byte at {} of the body", self.at.0)
    }

    fn actions(&self, _rng: &mut ChaCha8Rng) -> Vec<Action> {
        vec![Action::Body(BodyEdit::Corrupt { at: self.at.0 })]
    }
}
