//! `delete-errors`: a bulk delete that reports errors under a 200 (A16).

use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::EffectKind;
use crate::forms::{scalar_too, short_form};
use crate::{Action, StoreFault};

/// Which error. `delete-errors: AccessDenied` names its code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(remote = "Self", deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(transform = scalar_too)]
pub struct DeleteErrors {
    /// S3's code, the same for each key.
    #[serde(default = "denied")]
    pub code: String,
}

fn denied() -> String {
    "AccessDenied".to_owned()
}

impl From<String> for DeleteErrors {
    fn from(code: String) -> Self {
        Self { code }
    }
}

short_form!(DeleteErrors, String, "an S3 error code, or a mapping with `code`");

impl EffectKind for DeleteErrors {
    fn summary(&self) -> String {
        format!("answers 200, deletes nothing, and reports {} for each key", self.code)
    }

    fn actions(&self, _rng: &mut ChaCha8Rng) -> Vec<Action> {
        vec![Action::Store(StoreFault::DeleteErrors { code: self.code.clone() })]
    }

    fn bare() -> Option<Self> {
        Some(Self::from(denied()))
    }
}
