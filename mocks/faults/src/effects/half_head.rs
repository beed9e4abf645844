//! `half-head`: the connection ends in the middle of the head.

use bytes::Bytes;
use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::EffectKind;
use crate::{Action, End, Moment};

/// No parameters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HalfHead {}

impl EffectKind for HalfHead {
    fn summary(&self) -> String {
        "ends the connection in the middle of the head".to_owned()
    }

    fn actions(&self, _rng: &mut ChaCha8Rng) -> Vec<Action> {
        vec![Action::Raw(Moment::Before, Bytes::from_static(b"HTTP/1.1 200 OK\r\nContent-Type: application/x"), End::Fin)]
    }

    fn bare() -> Option<Self> {
        Some(Self {})
    }
}
