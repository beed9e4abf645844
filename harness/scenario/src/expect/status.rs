//! Sets of statuses: `202`, `5xx`, `[200, 4xx]`.

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::OneOrMany;

/// One status or one class of statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusPattern {
    /// Exactly this one.
    Exact(u16),
    /// All of `Nxx`.
    Class(u16),
}

/// One or several patterns; empty means any.
pub type StatusSet = OneOrMany<StatusPattern>;

impl StatusPattern {
    /// True if `status` is meant.
    pub fn matches(self, status: u16) -> bool {
        match self {
            Self::Exact(exact) => status == exact,
            Self::Class(class) => status / 100 == class,
        }
    }
}

impl StatusSet {
    /// True if one of the patterns matches, or there is none.
    pub fn matches(&self, status: u16) -> bool {
        self.0.is_empty() || self.0.iter().any(|pattern| pattern.matches(status))
    }
}

impl fmt::Display for StatusPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(status) => write!(f, "{status}"),
            Self::Class(class) => write!(f, "{class}xx"),
        }
    }
}

impl FromStr for StatusPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("`{text}` is not a status: write 100 to 599, or a class such as 5xx");
        if let Some(class) = text.strip_suffix("xx") {
            return match class.parse() {
                Ok(class @ 1..=5) => Ok(Self::Class(class)),
                _ => Err(bad()),
            };
        }
        match text.parse() {
            Ok(status @ 100..=599) => Ok(Self::Exact(status)),
            _ => Err(bad()),
        }
    }
}

impl<'de> Deserialize<'de> for StatusPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl Visitor<'_> for V {
            type Value = StatusPattern;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a status such as 202, or a class such as 5xx")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<StatusPattern, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<StatusPattern, E> {
                number.to_string().parse().map_err(E::custom)
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<StatusPattern, E> {
                number.to_string().parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(V)
    }
}

impl Serialize for StatusPattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Exact(status) => serializer.serialize_u16(*status),
            Self::Class(_) => serializer.collect_str(self),
        }
    }
}

impl JsonSchema for StatusPattern {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "StatusPattern".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "integer", "minimum": 100, "maximum": 599 }, { "type": "string", "pattern": "^([1-5]xx|[1-5][0-9][0-9])$" }] })
    }
}
