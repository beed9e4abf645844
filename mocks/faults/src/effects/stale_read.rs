//! `stale-read`: reads that answer the past (A09, tags that move).

use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::EffectKind;
use crate::forms::{scalar_too, short_form};
use crate::{Action, Span, StoreFault};

/// How long. `stale-read: 5s` says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(remote = "Self", deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(transform = scalar_too)]
pub struct StaleRead {
    /// Writes younger than this are not seen by reads of the key.
    pub younger_than: Span,
}

impl From<Span> for StaleRead {
    fn from(younger_than: Span) -> Self {
        Self { younger_than }
    }
}

short_form!(StaleRead, Span, "a duration, or a mapping with `younger-than`");

impl EffectKind for StaleRead {
    fn summary(&self) -> String {
        format!("answers what stood before the last write for {}", self.younger_than)
    }

    fn actions(&self, _rng: &mut ChaCha8Rng) -> Vec<Action> {
        vec![Action::Store(StoreFault::Stale { younger_than: self.younger_than.0 })]
    }
}
