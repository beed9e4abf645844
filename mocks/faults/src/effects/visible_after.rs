//! `visible-after`: writes that are seen late (A01, A07, A09).

use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::EffectKind;
use crate::forms::OneOrMany;
use crate::{Action, Span, StoreFault, Until, View};

/// Which reads are late, and until when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VisibleAfter {
    /// What does not show the write yet: `object`, `listing`, `multipart-uploads`, `parts`; one or a list.
    pub what: OneOrMany<View>,
    /// Seen after this much time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay: Option<Span>,
    /// Seen after so many looks that did not show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looks: Option<u64>,
    /// Never seen.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub never: bool,
}

impl VisibleAfter {
    fn until(&self) -> Until {
        match (self.delay, self.looks) {
            (Some(delay), _) => Until::Elapsed(delay.0),
            (None, Some(looks)) => Until::Looks(looks),
            (None, None) => Until::Never,
        }
    }
}

fn noun(view: View) -> &'static str {
    match view {
        View::Object => "reads",
        View::Objects => "object listings",
        View::Uploads => "upload listings",
        View::Parts => "part listings",
    }
}

impl EffectKind for VisibleAfter {
    fn summary(&self) -> String {
        let places = self.what.iter().map(|view| noun(*view)).collect::<Vec<_>>().join(" and ");
        match self.until() {
            Until::Elapsed(delay) => format!("shows it in {places} only after {}", Span(delay)),
            Until::Looks(looks) => format!("shows it in {places} only after {looks} looks"),
            Until::Never => format!("never shows it in {places}"),
        }
    }

    fn actions(&self, _rng: &mut ChaCha8Rng) -> Vec<Action> {
        let until = self.until();
        self.what.iter().map(|view| Action::Store(StoreFault::Hide { view: *view, until })).collect()
    }

    fn problems(&self) -> Vec<String> {
        let given = [self.delay.is_some(), self.looks.is_some(), self.never];
        if given.iter().filter(|is| **is).count() == 1 {
            return Vec::new();
        }
        vec!["`visible-after` needs exactly one of `delay`, `looks` and `never: true`".to_owned()]
    }
}
