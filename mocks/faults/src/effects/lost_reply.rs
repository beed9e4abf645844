//! `lost-reply`: applied, but nobody is told (A11).

use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::EffectKind;
use crate::forms::{scalar_too, short_form};
use crate::status::Status;
use crate::{Action, End, Moment, s3_error};

/// What is seen instead of the reply. `lost-reply: rst` says how the connection ends.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(remote = "Self", deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(transform = scalar_too)]
pub struct LostReply {
    /// How the connection ends.
    #[serde(default)]
    pub end: End,
    /// An error with this status instead of an end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
}

impl From<End> for LostReply {
    fn from(end: End) -> Self {
        Self { end, status: None }
    }
}

short_form!(LostReply, End, "`fin` or `rst`, or a mapping with `end` or `status`");

impl EffectKind for LostReply {
    fn summary(&self) -> String {
        match (self.status, self.end) {
            (Some(status), _) => format!("applies the request, but answers {status}"),
            (None, End::Fin) => "applies the request, then closes the connection without an answer".to_owned(),
            (None, End::Rst) => "applies the request, then resets the connection".to_owned(),
        }
    }

    fn actions(&self, rng: &mut ChaCha8Rng) -> Vec<Action> {
        vec![match self.status {
            None => Action::Break(Moment::Applied, self.end),
            Some(Status(status)) => {
                Action::Answer(Moment::Applied, s3_error::with_status(status, s3_error::code_of(status), rng))
            }
        }]
    }

    fn bare() -> Option<Self> {
        Some(Self::default())
    }
}
