//! `wrong-etag`: an ETag that is not the object's.

use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::EffectKind;
use super::header::value_problems;
use crate::forms::{scalar_too, short_form};
use crate::{Action, HeadEdit};

/// Which one. `wrong-etag` alone takes a fixed one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(remote = "Self", deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(transform = scalar_too)]
pub struct WrongEtag {
    /// The header's value, with its quotes.
    #[serde(default = "zeros")]
    pub value: String,
}

fn zeros() -> String {
    "\"00000000000000000000000000000000\"".to_owned()
}

impl From<String> for WrongEtag {
    fn from(value: String) -> Self {
        Self { value }
    }
}

short_form!(WrongEtag, String, "an ETag, or a mapping with `value`");

impl EffectKind for WrongEtag {
    fn summary(&self) -> String {
        format!("answers with the ETag {}", self.value)
    }

    fn actions(&self, _rng: &mut ChaCha8Rng) -> Vec<Action> {
        vec![Action::Head(HeadEdit::Set { name: "etag".to_owned(), value: self.value.clone() })]
    }

    fn bare() -> Option<Self> {
        Some(Self::from(zeros()))
    }

    fn problems(&self) -> Vec<String> {
        value_problems("wrong-etag", &self.value)
    }
}
