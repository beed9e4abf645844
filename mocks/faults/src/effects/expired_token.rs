//! `expired-token`: temporary credentials that ran out (B11).

use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::EffectKind;
use crate::{Action, Moment, s3_error};

/// No parameters; `until-event` says when credentials are good again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpiredToken {}

impl EffectKind for ExpiredToken {
    fn summary(&self) -> String {
        "answers 400 ExpiredToken".to_owned()
    }

    fn actions(&self, rng: &mut ChaCha8Rng) -> Vec<Action> {
        vec![Action::Answer(Moment::Before, s3_error::answer("ExpiredToken", rng))]
    }

    fn bare() -> Option<Self> {
        Some(Self {})
    }
}
