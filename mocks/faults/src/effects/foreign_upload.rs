//! `foreign-upload`: an older unfinished upload of the same key (A06).

use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::EffectKind;
use crate::{Action, StoreFault};

/// No parameters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ForeignUpload {}

impl EffectKind for ForeignUpload {
    fn summary(&self) -> String {
        "holds a foreign upload of the same key, listed first".to_owned()
    }

    fn actions(&self, _rng: &mut ChaCha8Rng) -> Vec<Action> {
        vec![Action::Store(StoreFault::ForeignUpload)]
    }

    fn bare() -> Option<Self> {
        Some(Self {})
    }
}
