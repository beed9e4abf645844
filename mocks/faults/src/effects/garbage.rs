//! `garbage`: bytes that are not HTTP, as a port with another protocol sends them.

use bytes::Bytes;
use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::EffectKind;
use crate::{Action, End, Moment};

/// A TLS alert and a line of another protocol: no client reads a status line from it.
const ALERT: &[u8] = b"\x15\x03\x01\x00\x02\x02\x46SSH-2.0-OpenSSH_9.2\r\n\r\n";

/// No parameters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Garbage {}

impl EffectKind for Garbage {
    fn summary(&self) -> String {
        "answers with bytes that are not HTTP".to_owned()
    }

    fn actions(&self, _rng: &mut ChaCha8Rng) -> Vec<Action> {
        vec![Action::Raw(Moment::Before, Bytes::from_static(ALERT), End::Fin)]
    }

    fn bare() -> Option<Self> {
        Some(Self {})
    }
}
