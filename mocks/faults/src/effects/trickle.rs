//! `trickle`: a body that comes slowly.

use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::EffectKind;
use crate::forms::{scalar_too, short_form};
use crate::{Action, BodyEdit, Size};

/// How fast. `trickle: 10KiB` is 10 KiB a second.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(remote = "Self", deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(transform = scalar_too)]
pub struct Trickle {
    /// Bytes a second.
    pub rate: Size,
}

impl From<Size> for Trickle {
    fn from(rate: Size) -> Self {
        Self { rate }
    }
}

short_form!(Trickle, Size, "a size per second, or a mapping with `rate`");

impl EffectKind for Trickle {
    fn summary(&self) -> String {
        format!("sends the body at {} a second", self.rate)
    }

    fn actions(&self, _rng: &mut ChaCha8Rng) -> Vec<Action> {
        vec![Action::Body(BodyEdit::Trickle { bytes_per_second: self.rate.0 })]
    }

    fn problems(&self) -> Vec<String> {
        if self.rate.0 > 0 {
            return Vec::new();
        }
        vec!["`trickle` needs a rate above 0: a body that never comes is `stall: 0`".to_owned()]
    }
}
