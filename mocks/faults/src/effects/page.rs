//! `page`: wrong pages of a listing (A03, A04, A05, A17).

use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::EffectKind;
use crate::{Action, PageFault, StoreFault};

/// What is wrong with the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Page {
    /// The same first page for ever: truncated, and the marker does not move.
    Stuck,
    /// Truncated, but without a marker to go on from.
    NoNextMarker,
    /// At most so many entries a page.
    Size(u32),
    /// As if no prefix had been sent.
    IgnorePrefix,
    /// Only what is called exactly like the prefix; else empty.
    ExactPrefix,
    /// Nothing.
    Empty,
    /// 500 InternalError where there is nothing to list.
    EmptyIsError,
    /// As it was when the request arrived; with `delay` an old page that comes late.
    Snapshot,
}

impl EffectKind for Page {
    fn summary(&self) -> String {
        match self {
            Self::Stuck => "lists the same first page for ever".to_owned(),
            Self::NoNextMarker => "lists a truncated page without a marker to go on from".to_owned(),
            Self::Size(size) => format!("lists in pages of {size}"),
            Self::IgnorePrefix => "lists as if no prefix had been sent".to_owned(),
            Self::ExactPrefix => "lists only what is called exactly like the prefix".to_owned(),
            Self::Empty => "lists nothing".to_owned(),
            Self::EmptyIsError => "answers 500 where there is nothing to list".to_owned(),
            Self::Snapshot => "lists what there was when the request arrived".to_owned(),
        }
    }

    fn actions(&self, _rng: &mut ChaCha8Rng) -> Vec<Action> {
        let fault = match self {
            Self::Stuck => PageFault::Stuck,
            Self::NoNextMarker => PageFault::NoNextMarker,
            Self::Size(size) => PageFault::Size(*size),
            Self::IgnorePrefix => PageFault::IgnorePrefix,
            Self::ExactPrefix => PageFault::ExactPrefix,
            Self::Empty => PageFault::Empty,
            Self::EmptyIsError => PageFault::EmptyIsError,
            Self::Snapshot => PageFault::Snapshot,
        };
        vec![Action::Store(StoreFault::Page(fault))]
    }

    fn problems(&self) -> Vec<String> {
        if *self != Self::Size(0) {
            return Vec::new();
        }
        vec!["`page`: pages of 0 entries never end; `page: empty` lists nothing".to_owned()]
    }
}
