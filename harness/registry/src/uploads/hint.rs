//! `_state` of an upload's Location: what the session looked like when the Location was given. Only a hint, so that a session object
//! which is not readable yet, or stale, is not taken for the truth (incident A07). It is not signed and nothing is believed on its word:
//! losing or changing it costs nothing (D01, D02).

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

/// The longest text that is looked at.
const LONGEST: usize = 512;

/// What a Location says about its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Hint {
    /// Generation of the session object.
    pub(crate) generation: u64,
    /// Acknowledged bytes.
    pub(crate) offset: u64,
    /// When the Location was given, in milliseconds since 1970.
    issued: u64,
}

impl Hint {
    pub(crate) fn new(generation: u64, offset: u64, now: SystemTime) -> Self {
        Self { generation, offset, issued: millis(now) }
    }

    pub(crate) fn encode(self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&self).unwrap_or_default())
    }

    /// `None` for anything that is not ours.
    pub(crate) fn decode(text: &str) -> Option<Self> {
        let bytes = (text.len() <= LONGEST).then(|| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok())??;
        serde_json::from_slice(&bytes).ok()
    }

    /// How long ago it was given; zero if a replica's clock runs behind.
    pub(crate) fn age(self, now: SystemTime) -> Duration {
        Duration::from_millis(millis(now).saturating_sub(self.issued))
    }
}

fn millis(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_hint_survives_and_garbage_is_no_hint() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
        let hint = Hint::new(3, 99, now);
        assert_eq!(Hint::decode(&hint.encode()), Some(hint));
        assert_eq!(hint.age(now + Duration::from_secs(2)), Duration::from_secs(2));
        assert_eq!(hint.age(SystemTime::UNIX_EPOCH), Duration::ZERO);
        for garbage in ["", "!!", "e30", &"A".repeat(4000)] {
            assert_eq!(Hint::decode(garbage), None, "{garbage}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_no_hint_or_one_that_survives(text in "[A-Za-z0-9_=-]{0,60}|.*", json in r#"\{?"?(generation|offset|issued)?"?[:,0-9e.-]{0,30}\}?"#) {
            for text in [text, URL_SAFE_NO_PAD.encode(json)] {
                if let Some(hint) = Hint::decode(&text) {
                    prop_assert_eq!(Hint::decode(&hint.encode()), Some(hint));
                }
            }
        }

        #[test]
        fn a_hint_survives_its_text(generation: u64, offset: u64, issued: u64) {
            let hint = Hint { generation, offset, issued };
            prop_assert_eq!(Hint::decode(&hint.encode()), Some(hint));
        }
    }
}
