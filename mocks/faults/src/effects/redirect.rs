//! `redirect`: an answer that points elsewhere (B11, C01).

use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::EffectKind;
use super::header::value_problems;
use crate::forms::{scalar_too, short_form};
use crate::status::Status;
use crate::{Action, Moment, s3_error};

/// Where to. `redirect: 301` points nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(remote = "Self", deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(transform = scalar_too)]
pub struct Redirect {
    /// A status from 300 to 399.
    #[serde(default = "temporary")]
    pub status: Status,
    /// The `Location`; without it the answer has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
}

fn temporary() -> Status {
    Status(http::StatusCode::TEMPORARY_REDIRECT)
}

impl From<Status> for Redirect {
    fn from(status: Status) -> Self {
        Self { status, location: None }
    }
}

short_form!(Redirect, Status, "a status, or a mapping with `status` and `location`");

impl EffectKind for Redirect {
    fn summary(&self) -> String {
        match &self.location {
            Some(location) => format!("redirects with {} to {location}", self.status),
            None => format!("redirects with {} and no Location", self.status),
        }
    }

    fn actions(&self, rng: &mut ChaCha8Rng) -> Vec<Action> {
        let Status(status) = self.status;
        let mut answer = s3_error::with_status(status, s3_error::code_of(status), rng);
        answer.headers.extend(self.location.iter().map(|to| ("location".to_owned(), to.clone())));
        vec![Action::Answer(Moment::Before, answer)]
    }

    fn problems(&self) -> Vec<String> {
        let mut found = self.location.iter().flat_map(|to| value_problems("redirect", to)).collect::<Vec<_>>();
        if !self.status.0.is_redirection() {
            found.push("`redirect` needs a status from 300 to 399".to_owned());
        }
        found
    }
}
