//! `negative-cache`: a cache that remembers 404s (C08).

use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::EffectKind;
use crate::forms::{scalar_too, short_form};
use crate::{Action, Span, StoreFault};

/// How long. `negative-cache: 5s` says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(remote = "Self", deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(transform = scalar_too)]
pub struct NegativeCache {
    /// How long a 404 is repeated.
    pub keep: Span,
}

impl From<Span> for NegativeCache {
    fn from(keep: Span) -> Self {
        Self { keep }
    }
}

short_form!(NegativeCache, Span, "a duration, or a mapping with `keep`");

impl EffectKind for NegativeCache {
    fn summary(&self) -> String {
        format!("repeats a 404 for {}, whatever is written", self.keep)
    }

    fn actions(&self, _rng: &mut ChaCha8Rng) -> Vec<Action> {
        vec![Action::Store(StoreFault::NegativeCache { keep: self.keep.0 })]
    }
}
