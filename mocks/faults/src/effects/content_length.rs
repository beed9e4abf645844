//! `content-length`: a length that is not true (E07, K06).

use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::EffectKind;
use crate::forms::{scalar_too, short_form};
use crate::{Action, BodyEdit};

/// By how much. `content-length: -10` announces ten bytes too few.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(remote = "Self", deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(transform = scalar_too)]
pub struct ContentLength {
    /// Added to the true length.
    pub off_by: i64,
}

impl From<i64> for ContentLength {
    fn from(off_by: i64) -> Self {
        Self { off_by }
    }
}

short_form!(ContentLength, i64, "a number, or a mapping with `off-by`");

impl EffectKind for ContentLength {
    fn summary(&self) -> String {
        format!("announces a Content-Length that is off by {}", self.off_by)
    }

    fn actions(&self, _rng: &mut ChaCha8Rng) -> Vec<Action> {
        vec![Action::Body(BodyEdit::LengthOff { by: self.off_by })]
    }

    fn problems(&self) -> Vec<String> {
        if self.off_by != 0 {
            return Vec::new();
        }
        vec!["`content-length` off by 0 is the truth".to_owned()]
    }
}
