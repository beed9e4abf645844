//! `ok-with-error`: 200 with an `<Error>` in the body (A10, A13).

use bytes::Bytes;
use http::StatusCode;
use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::EffectKind;
use crate::forms::{scalar_too, short_form};
use crate::{Action, Moment, s3_error};

/// Which error. `ok-with-error: SlowDown` names its code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(remote = "Self", deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(transform = scalar_too)]
pub struct OkWithError {
    /// S3's code.
    #[serde(default = "internal_error")]
    pub code: String,
    /// So many spaces before the document, as S3 sends them to keep a connection alive.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub padding: u32,
    /// The request is applied nevertheless.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub applied: bool,
}

fn internal_error() -> String {
    "InternalError".to_owned()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl From<String> for OkWithError {
    fn from(code: String) -> Self {
        Self { code, padding: 0, applied: false }
    }
}

short_form!(OkWithError, String, "an S3 error code, or a mapping with `code` and `padding`");

impl EffectKind for OkWithError {
    fn summary(&self) -> String {
        format!("answers 200 with the error {} in the body", self.code)
    }

    fn actions(&self, rng: &mut ChaCha8Rng) -> Vec<Action> {
        let mut answer = s3_error::with_status(StatusCode::OK, &self.code, rng);
        if self.padding > 0 {
            // The XML declaration may not stand after spaces; S3 sends it first.
            let text = String::from_utf8_lossy(&answer.body);
            let (declaration, rest) = text.split_once('\n').unwrap_or(("", &text));
            answer.body = Bytes::from(format!("{declaration}{}{rest}", " ".repeat(self.padding as usize)));
        }
        let moment = if self.applied { Moment::Applied } else { Moment::Before };
        vec![Action::Answer(moment, answer)]
    }

    fn bare() -> Option<Self> {
        Some(Self::from(internal_error()))
    }

    fn problems(&self) -> Vec<String> {
        if self.padding <= 1 << 20 {
            return Vec::new();
        }
        vec!["`ok-with-error`: `padding` is at most 1048576".to_owned()]
    }
}
