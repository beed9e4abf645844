//! Matchers of single values: `v` equals, or `{ matches: re }`, `{ present: false }`, ...

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a value must be. A scalar in the file means equality of its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matcher {
    /// Equal text.
    Equals(String),
    /// One of the kinds.
    Kind(MatcherKind),
}

/// The kinds written as keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MatcherKind {
    /// The whole text matches this regular expression.
    Matches(String),
    /// Not there; if it is there, the whole text matches this regular expression.
    AbsentOrMatches(String),
    /// The text contains this.
    Contains(String),
    /// There (true) or not there (false).
    Present(bool),
    /// Not equal.
    Not(String),
    /// A number of at least this.
    AtLeast(u64),
    /// A number of at most this.
    AtMost(u64),
}

impl<'de> Deserialize<'de> for Matcher {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Matcher;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "a value, or one of { matches, absent-or-matches, contains, present, not, at-least, at-most }",
                )
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Matcher, E> {
                Ok(Matcher::Equals(text.to_owned()))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Matcher, E> {
                Ok(Matcher::Equals(number.to_string()))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Matcher, E> {
                Ok(Matcher::Equals(number.to_string()))
            }

            fn visit_bool<E: de::Error>(self, value: bool) -> Result<Matcher, E> {
                Ok(Matcher::Equals(value.to_string()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Matcher, A::Error> {
                MatcherKind::deserialize(MapAccessDeserializer::new(map)).map(Matcher::Kind)
            }
        }
        deserializer.deserialize_any(V)
    }
}

impl Serialize for Matcher {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Equals(text) => serializer.serialize_str(text),
            Self::Kind(kind) => kind.serialize(serializer),
        }
    }
}

impl JsonSchema for Matcher {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Matcher".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let kind = generator.subschema_for::<MatcherKind>();
        json_schema!({ "anyOf": [{ "type": ["string", "number", "boolean"] }, kind] })
    }
}
