//! `ignore-range`: a store that ignores `Range` (S3.md section 2: 206 with the wrong bytes).

use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::EffectKind;
use crate::{Action, StoreFault};

/// No parameters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IgnoreRange {}

impl EffectKind for IgnoreRange {
    fn summary(&self) -> String {
        "answers the whole object although a range was asked".to_owned()
    }

    fn actions(&self, _rng: &mut ChaCha8Rng) -> Vec<Action> {
        vec![Action::Store(StoreFault::IgnoreRange)]
    }

    fn bare() -> Option<Self> {
        Some(Self {})
    }
}
