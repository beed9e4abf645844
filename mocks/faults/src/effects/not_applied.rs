//! `not-applied`: an answer of success for something that was not done (A14, A15).

use bytes::Bytes;
use http::StatusCode;
use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::EffectKind;
use crate::forms::{scalar_too, short_form};
use crate::pages::gateway_page;
use crate::{Action, Answer, Moment, StoreFault};

/// What the answer looks like. `not-applied: html` says so.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(remote = "Self", deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(transform = scalar_too)]
pub struct NotApplied {
    /// What the answer looks like.
    #[serde(default, rename = "as")]
    pub looks: Looks,
}

/// What an answer looks like that stands for nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Looks {
    /// As a store would answer.
    #[default]
    Normal,
    /// 200 with a gateway's HTML page.
    Html,
    /// 200 without a body.
    Empty,
}

impl From<Looks> for NotApplied {
    fn from(looks: Looks) -> Self {
        Self { looks }
    }
}

short_form!(NotApplied, Looks, "`normal`, `html` or `empty`, or a mapping with `as`");

impl EffectKind for NotApplied {
    fn summary(&self) -> String {
        match self.looks {
            Looks::Normal => "answers as if it had been done, and does nothing",
            Looks::Html => "answers 200 with an HTML page, and does nothing",
            Looks::Empty => "answers 200 without a body, and does nothing",
        }
        .to_owned()
    }

    fn actions(&self, _rng: &mut ChaCha8Rng) -> Vec<Action> {
        let answer = |body: Bytes, headers: &[(&str, &str)]| {
            let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            Action::Answer(Moment::Before, Answer { status: StatusCode::OK, headers, body, read_request: true })
        };
        vec![match self.looks {
            Looks::Normal => Action::Store(StoreFault::NotApplied),
            Looks::Empty => answer(Bytes::new(), &[]),
            Looks::Html => {
                let (page, server) = gateway_page(StatusCode::OK);
                answer(Bytes::from(page), &[("content-type", "text/html"), ("server", server)])
            }
        }]
    }

    fn bare() -> Option<Self> {
        Some(Self::default())
    }
}
