//! `header`: headers set or lost on the way back (C07, E07).

use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use http::header::{HeaderName, HeaderValue};
use indexmap::IndexMap;

use super::EffectKind;
use super::answer::header_problems;
use crate::forms::OneOrMany;
use crate::{Action, HeadEdit};

/// What changes; what is set replaces all lines of the name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Header {
    /// Headers with their new values.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub set: IndexMap<String, String>,
    /// Names of headers that get lost, one or a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remove: Option<OneOrMany<String>>,
}

impl Header {
    /// The edits, removals first, so that a header can be both removed and set.
    pub(super) fn edits(&self) -> impl Iterator<Item = HeadEdit> {
        let removed = self.remove.iter().flat_map(|names| names.iter());
        let removals = removed.map(|name| HeadEdit::Remove { name: name.clone() });
        let sets = self.set.iter().map(|(name, value)| HeadEdit::Set { name: name.clone(), value: value.clone() });
        removals.chain(sets)
    }

    /// What changes, for people.
    pub(super) fn changes(&self) -> String {
        let removed = self.remove.iter().flat_map(|names| names.iter()).map(|name| format!("without {name}"));
        let set = self.set.iter().map(|(name, value)| format!("with {name}: {value}"));
        removed.chain(set).collect::<Vec<_>>().join(", ")
    }

    /// What is wrong, with the kind's name.
    pub(super) fn mistakes(&self, kind: &str) -> Vec<String> {
        let mut found = header_problems(&self.set);
        for name in self.remove.iter().flat_map(|names| names.iter()) {
            if HeaderName::from_bytes(name.as_bytes()).is_err() {
                found.push(format!("`{name}` is not the name of a header"));
            }
        }
        if self.set.is_empty() && self.remove.is_none() {
            found.push(format!("`{kind}` needs `set` or `remove`"));
        }
        found
    }
}

impl EffectKind for Header {
    fn summary(&self) -> String {
        format!("answers {}", self.changes())
    }

    fn actions(&self, _rng: &mut ChaCha8Rng) -> Vec<Action> {
        self.edits().map(Action::Head).collect()
    }

    fn problems(&self) -> Vec<String> {
        self.mistakes("header")
    }
}

/// Refuses a text that no header can carry.
pub(super) fn value_problems(kind: &str, value: &str) -> Vec<String> {
    if HeaderValue::from_str(value).is_ok() {
        return Vec::new();
    }
    vec![format!("`{kind}`: `{value}` is not the value of a header")]
}
