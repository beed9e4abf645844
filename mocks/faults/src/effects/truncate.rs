//! `truncate`: a body that ends early (H01, B09).

use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::EffectKind;
use crate::forms::{scalar_too, short_form};
use crate::{Action, BodyEdit, End, Size};

/// Where, and how. `truncate: 100KiB` closes the connection there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(remote = "Self", deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(transform = scalar_too)]
pub struct Truncate {
    /// Bytes that still arrive.
    pub at: Size,
    /// How the connection ends.
    #[serde(default)]
    pub end: End,
}

impl From<Size> for Truncate {
    fn from(at: Size) -> Self {
        Self { at, end: End::Fin }
    }
}

short_form!(Truncate, Size, "a size, or a mapping with `at` and `end`");

impl EffectKind for Truncate {
    fn summary(&self) -> String {
        let end = if self.end == End::Rst { "a reset" } else { "a close" };
        format!("ends the body after {} with {end}", self.at)
    }

    fn actions(&self, _rng: &mut ChaCha8Rng) -> Vec<Action> {
        vec![Action::Body(BodyEdit::Truncate { at: self.at.0, end: self.end })]
    }
}
