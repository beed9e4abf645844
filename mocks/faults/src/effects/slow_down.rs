//! `slow-down`: throttling (B05).

use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::EffectKind;
use crate::forms::{scalar_too, short_form};
use crate::{Action, Moment, Span, s3_error};

/// When to come back, if it says so. `slow-down: 2s` does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(remote = "Self", deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(transform = scalar_too)]
pub struct SlowDown {
    /// Sent as `Retry-After`, in whole seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<Span>,
}

impl From<Span> for SlowDown {
    fn from(after: Span) -> Self {
        Self { retry_after: Some(after) }
    }
}

short_form!(SlowDown, Span, "a duration, or a mapping with `retry-after`");

impl EffectKind for SlowDown {
    fn summary(&self) -> String {
        match self.retry_after {
            Some(after) => format!("answers 503 SlowDown with Retry-After {after}"),
            None => "answers 503 SlowDown".to_owned(),
        }
    }

    fn actions(&self, rng: &mut ChaCha8Rng) -> Vec<Action> {
        let mut answer = s3_error::answer("SlowDown", rng);
        // Rounded up: whoever waits as long as told must be served.
        let seconds = self.retry_after.map(|after| after.0.as_millis().div_ceil(1000));
        answer.headers.extend(seconds.map(|seconds| ("retry-after".to_owned(), seconds.to_string())));
        vec![Action::Answer(Moment::Before, answer)]
    }

    fn bare() -> Option<Self> {
        Some(Self::default())
    }
}
