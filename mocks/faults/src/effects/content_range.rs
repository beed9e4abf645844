//! `content-range`: another Content-Range than is true.

use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::EffectKind;
use super::header::value_problems;
use crate::forms::{scalar_too, short_form};
use crate::{Action, HeadEdit};

/// Which one. `content-range: bytes 0-9/30` names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(remote = "Self", deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(transform = scalar_too)]
pub struct ContentRange {
    /// The header's value.
    pub set: String,
}

impl From<String> for ContentRange {
    fn from(set: String) -> Self {
        Self { set }
    }
}

short_form!(ContentRange, String, "the value of the header, or a mapping with `set`");

impl EffectKind for ContentRange {
    fn summary(&self) -> String {
        format!("answers with Content-Range {}", self.set)
    }

    fn actions(&self, _rng: &mut ChaCha8Rng) -> Vec<Action> {
        vec![Action::Head(HeadEdit::Set { name: "content-range".to_owned(), value: self.set.clone() })]
    }

    fn problems(&self) -> Vec<String> {
        value_problems("content-range", &self.set)
    }
}
