//! `stall`: a body that stops coming (D13, I-blocks).

use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::EffectKind;
use crate::forms::{scalar_too, short_form};
use crate::{Action, BodyEdit, Size, Span};

/// Where, and how long. `stall: 64KiB` stops there for ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(remote = "Self", deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(transform = scalar_too)]
pub struct Stall {
    /// Bytes that still arrive at once.
    pub at: Size,
    /// How long nothing comes; without it for ever.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub pause: Option<Span>,
}

impl From<Size> for Stall {
    fn from(at: Size) -> Self {
        Self { at, pause: None }
    }
}

short_form!(Stall, Size, "a size, or a mapping with `at` and `for`");

impl EffectKind for Stall {
    fn summary(&self) -> String {
        match self.pause {
            Some(pause) => format!("stops the body after {} for {pause}", self.at),
            None => format!("stops the body after {} and never goes on", self.at),
        }
    }

    fn actions(&self, _rng: &mut ChaCha8Rng) -> Vec<Action> {
        vec![Action::Body(BodyEdit::Stall { at: self.at.0, pause: self.pause.map(|pause| pause.0) })]
    }
}
