//! `foreign-uploads`: a bucket full of unfinished uploads (A03).

use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::EffectKind;
use crate::forms::{scalar_too, short_form};
use crate::{Action, StoreFault};

/// How many. `foreign-uploads: 1000` says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(remote = "Self", deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(transform = scalar_too)]
pub struct ForeignUploads {
    /// How many, with keys of their own that sort before others.
    pub count: u32,
}

impl From<u32> for ForeignUploads {
    fn from(count: u32) -> Self {
        Self { count }
    }
}

short_form!(ForeignUploads, u32, "a number, or a mapping with `count`");

impl EffectKind for ForeignUploads {
    fn summary(&self) -> String {
        format!("lists {} foreign uploads first", self.count)
    }

    fn actions(&self, _rng: &mut ChaCha8Rng) -> Vec<Action> {
        vec![Action::Store(StoreFault::ForeignUploads(self.count))]
    }

    fn problems(&self) -> Vec<String> {
        if (1..=100_000).contains(&self.count) {
            return Vec::new();
        }
        vec!["`foreign-uploads` needs a number from 1 to 100000".to_owned()]
    }
}
