//! `request-method`: a gateway that sends another method on (C02).

use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::EffectKind;
use crate::when::Verb;
use crate::{Action, HeadEdit};

/// The method the party sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct RequestMethod(Verb);

impl EffectKind for RequestMethod {
    fn summary(&self) -> String {
        format!("gets the request as {}", self.0)
    }

    fn actions(&self, _rng: &mut ChaCha8Rng) -> Vec<Action> {
        let method = http::Method::from_bytes(self.0.name().as_bytes());
        method.into_iter().map(|method| Action::RequestHead(HeadEdit::Method(method))).collect()
    }
}
