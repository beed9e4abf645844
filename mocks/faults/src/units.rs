//! Durations (`2200ms`) and sizes (`5MiB`) as scenario files write them.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A duration: a whole number and one of `us`, `ms`, `s`, `m`, `h`, `d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span(pub Duration);

/// A size in bytes: a whole number and one of `B`, `KiB`, `MiB`, `GiB`, `KB`, `MB`, `GB`; a bare number is bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Size(pub u64);

/// Splits `12MiB` into 12 and `MiB`.
fn number_and_unit(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    Some((digits.parse().ok()?, unit.trim_start()))
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad =
            || format!("`{text}` is not a duration: write a whole number and a unit, for instance 2200ms, 30s, 5m, 7d");
        let (number, unit) = number_and_unit(text).ok_or_else(bad)?;
        let micros = match unit {
            "us" => 1,
            "ms" => 1_000,
            "s" => 1_000_000,
            "m" => 60_000_000,
            "h" => 3_600_000_000,
            "d" => 86_400_000_000,
            _ => return Err(bad()),
        };
        number.checked_mul(micros).map(|us| Self(Duration::from_micros(us))).ok_or_else(bad)
    }
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad =
            || format!("`{text}` is not a size: write a whole number and a unit, for instance 512B, 4KiB, 5MiB, 1GiB");
        let (number, unit) = number_and_unit(text).ok_or_else(bad)?;
        let factor = match unit {
            "" | "B" => 1,
            "KB" => 1_000,
            "MB" => 1_000_000,
            "GB" => 1_000_000_000,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            "GiB" => 1 << 30,
            _ => return Err(bad()),
        };
        number.checked_mul(factor).map(Self).ok_or_else(bad)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let us = self.0.as_micros();
        let units = [("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("ms", 1_000)];
        match units.into_iter().find(|(_, size)| us > 0 && us.is_multiple_of(*size)) {
            Some((unit, size)) => write!(f, "{}{unit}", us / size),
            None if us == 0 => f.write_str("0s"),
            None => write!(f, "{us}us"),
        }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            n if n > 0 && n % (1 << 30) == 0 => write!(f, "{}GiB", n >> 30),
            n if n > 0 && n % (1 << 20) == 0 => write!(f, "{}MiB", n >> 20),
            n if n > 0 && n % (1 << 10) == 0 => write!(f, "{}KiB", n >> 10),
            n => write!(f, "{n}B"),
        }
    }
}

struct Text<T>(&'static str, std::marker::PhantomData<T>);

impl<T: FromStr<Err = String>> Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<T, E> {
        number.to_string().parse().map_err(E::custom)
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<T, E> {
        number.to_string().parse().map_err(E::custom)
    }
}

macro_rules! as_text {
    ($type:ident, $expected:literal, $pattern:literal) => {
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(Text($expected, std::marker::PhantomData))
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": ["string", "integer"], "pattern": $pattern, "description": $expected })
            }
        }
    };
}

as_text!(Span, "a duration such as 2200ms, 30s, 5m or 7d", "^[0-9]+ ?(us|ms|s|m|h|d)$");
as_text!(Size, "a size such as 512B, 4KiB, 5MiB or 1GiB", "^[0-9]+ ?(B|KB|MB|GB|KiB|MiB|GiB)?$");

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn units_are_read_and_refused() {
        assert_eq!("2200ms".parse(), Ok(Span(Duration::from_millis(2200))));
        assert_eq!("5MiB".parse(), Ok(Size(5 << 20)));
        assert_eq!("100".parse(), Ok(Size(100)));
        assert_eq!(Span(Duration::from_secs(960)).to_string(), "16m");
        assert_eq!(Span(Duration::from_secs(1201)).to_string(), "1201s");
        assert_eq!(Span(Duration::ZERO).to_string(), "0s");
        assert!("100".parse::<Span>().unwrap_err().contains("unit"));
        assert!("999999999999999GiB".parse::<Size>().is_err());
        assert!("-1s".parse::<Span>().is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(us in 0u64..u64::MAX / 2, bytes in any::<u64>()) {
            let span = Span(Duration::from_micros(us));
            prop_assert_eq!(span.to_string().parse(), Ok(span));
            let size = Size(bytes);
            prop_assert_eq!(size.to_string().parse(), Ok(size));
        }
    }
}
