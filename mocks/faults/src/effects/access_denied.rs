//! `access-denied`: S3 refuses (B03, C01).

use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::EffectKind;
use crate::{Action, Moment, s3_error};

/// No parameters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessDenied {}

impl EffectKind for AccessDenied {
    fn summary(&self) -> String {
        "answers 403 AccessDenied".to_owned()
    }

    fn actions(&self, rng: &mut ChaCha8Rng) -> Vec<Action> {
        vec![Action::Answer(Moment::Before, s3_error::answer("AccessDenied", rng))]
    }

    fn bare() -> Option<Self> {
        Some(Self {})
    }
}
