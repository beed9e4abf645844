//! `xml`: elements missing from an XML answer, wrong or too many (S3.md section 2: IsTruncated, NextMarker).

use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use indexmap::IndexMap;

use super::EffectKind;
use crate::forms::OneOrMany;
use crate::{Action, XmlEdit};

/// What changes, by element name at any depth.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Xml {
    /// Elements that are missing with all they hold, one or a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drop: Option<OneOrMany<String>>,
    /// Elements with another text.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub set: IndexMap<String, String>,
    /// Elements added at the end of the root.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub add: IndexMap<String, String>,
}

impl EffectKind for Xml {
    fn summary(&self) -> String {
        let dropped = self.drop.iter().flat_map(|names| names.iter()).map(|name| format!("without {name}"));
        let set = self.set.iter().map(|(name, text)| format!("with {name} {text}"));
        let added = self.add.iter().map(|(name, text)| format!("with an added {name} {text}"));
        format!("answers XML {}", dropped.chain(set).chain(added).collect::<Vec<_>>().join(", "))
    }

    fn actions(&self, _rng: &mut ChaCha8Rng) -> Vec<Action> {
        let pair = |(element, text): (&String, &String)| (element.clone(), text.clone());
        let dropped = self.drop.iter().flat_map(|names| names.iter());
        let drops = dropped.map(|element| XmlEdit::Drop { element: element.clone() });
        let sets = self.set.iter().map(pair).map(|(element, text)| XmlEdit::Set { element, text });
        let adds = self.add.iter().map(pair).map(|(element, text)| XmlEdit::Add { element, text });
        drops.chain(sets).chain(adds).map(Action::Xml).collect()
    }

    fn problems(&self) -> Vec<String> {
        if self.drop.is_some() || !self.set.is_empty() || !self.add.is_empty() {
            return Vec::new();
        }
        vec!["`xml` needs `drop`, `set` or `add`".to_owned()]
    }
}
