//! How an effect is read from a file: a kind standing alone, or one key with its value.

use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::{Effect, NAMES};
use crate::names::Unknown;

impl<'de> serde::Deserialize<'de> for Effect {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AloneOrKeyed)
    }
}

fn unknown(name: &str) -> Unknown<'_> {
    Unknown { what: "an effect", name, known: NAMES }
}

struct AloneOrKeyed;

impl<'de> Visitor<'de> for AloneOrKeyed {
    type Value = Effect;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an effect, such as `delay: 2s` or `reset`")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Effect, E> {
        match Effect::bare(name) {
            Some(Some(effect)) => Ok(effect),
            Some(None) => {
                let example = Effect::EXAMPLES.iter().find(|(kind, _)| *kind == name).map_or("", |(_, text)| text);
                Err(E::custom(format!("`{name}` needs to say more, for instance `{example}`")))
            }
            None => Err(E::custom(unknown(name))),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Effect, A::Error> {
        let Some(name) = map.next_key_seed(KindName)? else {
            return Err(de::Error::invalid_length(0, &self));
        };
        let Some(effect) = Effect::keyed(name, &mut map)? else {
            return Err(de::Error::custom(unknown(name)));
        };
        match map.next_key_seed(NoSecondKey)? {
            None => Ok(effect),
            Some(never) => match never {},
        }
    }
}

/// The key of a kind; read as such, so that a mistake is reported at the key.
struct KindName;

impl<'de> DeserializeSeed<'de> for KindName {
    type Value = &'static str;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<&'static str, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for KindName {
    type Value = &'static str;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of an effect")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<&'static str, E> {
        NAMES.iter().find(|known| **known == name).copied().ok_or_else(|| E::custom(unknown(name)))
    }
}

/// Refuses whatever key comes after the first.
struct NoSecondKey;

enum Never {}

impl<'de> DeserializeSeed<'de> for NoSecondKey {
    type Value = Never;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Never, D::Error> {
        <IgnoredAny as de::Deserialize>::deserialize(deserializer)?;
        Err(de::Error::custom("an effect has one kind; several together are written `all: [...]`"))
    }
}
