//! `clock-skew`: a store whose clock is wrong (B10).

use std::fmt;
use std::str::FromStr;

use rand_chacha::ChaCha8Rng;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::EffectKind;
use crate::forms::{scalar_too, short_form};
use crate::{Action, Span, StoreFault};

/// By how much. `clock-skew: 16m` is a clock that is ahead, `-16m` one that is behind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(remote = "Self", deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(transform = scalar_too)]
pub struct ClockSkew {
    /// The store's time less the true time.
    pub by: Skew,
}

/// A signed time in milliseconds, written like a duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Skew(pub i64);

impl FromStr for Skew {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (sign, size) = text.strip_prefix('-').map_or((1, text), |size| (-1, size));
        let Span(time) = size.parse()?;
        let millis = i64::try_from(time.as_millis()).map_err(|_| format!("`{text}` is too long"))?;
        Ok(Self(sign * millis))
    }
}

impl fmt::Display for Skew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}{}", Span(std::time::Duration::from_millis(self.0.unsigned_abs())))
    }
}

struct SkewText;

impl Visitor<'_> for SkewText {
    type Value = Skew;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration with an optional minus, such as 16m or -16m")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Skew, E> {
        text.parse().map_err(E::custom)
    }
}

impl<'de> Deserialize<'de> for Skew {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(SkewText)
    }
}

impl Serialize for Skew {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Skew {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Skew".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^-?[0-9]+ ?(us|ms|s|m|h|d)$" })
    }
}

impl From<Skew> for ClockSkew {
    fn from(by: Skew) -> Self {
        Self { by }
    }
}

short_form!(ClockSkew, Skew, "a duration with an optional minus, or a mapping with `by`");

impl EffectKind for ClockSkew {
    fn summary(&self) -> String {
        format!("checks signatures with a clock that is off by {}", self.by)
    }

    fn actions(&self, _rng: &mut ChaCha8Rng) -> Vec<Action> {
        vec![Action::Store(StoreFault::ClockSkewMs(self.by.0))]
    }
}
