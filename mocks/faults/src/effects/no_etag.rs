//! `no-etag`: an answer without its ETag (A08).

use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::EffectKind;
use crate::{Action, HeadEdit};

/// No parameters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoEtag {}

impl EffectKind for NoEtag {
    fn summary(&self) -> String {
        "leaves the ETag out of its answer".to_owned()
    }

    fn actions(&self, _rng: &mut ChaCha8Rng) -> Vec<Action> {
        vec![Action::Head(HeadEdit::Remove { name: "etag".to_owned() })]
    }

    fn bare() -> Option<Self> {
        Some(Self {})
    }
}
