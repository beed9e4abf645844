//! `request-header`: headers set or lost on the way in (C03, E02).

use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{EffectKind, Header};
use crate::Action;

/// What changes, as for `header`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct RequestHeader(Header);

impl EffectKind for RequestHeader {
    fn summary(&self) -> String {
        format!("gets the request {}", self.0.changes())
    }

    fn actions(&self, _rng: &mut ChaCha8Rng) -> Vec<Action> {
        self.0.edits().map(Action::RequestHead).collect()
    }

    fn problems(&self) -> Vec<String> {
        self.0.mistakes("request-header")
    }
}
