//! `content-type`: another Content-Type than is true.

use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::EffectKind;
use super::header::value_problems;
use crate::forms::{scalar_too, short_form};
use crate::{Action, HeadEdit};

/// Which one. `content-type: text/html` names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(remote = "Self", deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(transform = scalar_too)]
pub struct ContentType {
    /// The header's value.
    pub set: String,
}

impl From<String> for ContentType {
    fn from(set: String) -> Self {
        Self { set }
    }
}

short_form!(ContentType, String, "the value of the header, or a mapping with `set`");

impl EffectKind for ContentType {
    fn summary(&self) -> String {
        format!("answers with Content-Type {}", self.set)
    }

    fn actions(&self, _rng: &mut ChaCha8Rng) -> Vec<Action> {
        vec![Action::Head(HeadEdit::Set { name: "content-type".to_owned(), value: self.set.clone() })]
    }

    fn problems(&self) -> Vec<String> {
        value_problems("content-type", &self.set)
    }
}
