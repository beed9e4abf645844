//! serde over the tree: fills variables in on the way and gives each failure its place.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::rc::Rc;

use serde::de::{self, Unexpected, Visitor};

use super::access::{Items, Pairs, Variant};
use super::fail::Fail;
use super::tree::{Node, Taken, Value};
use crate::fill;

/// What a reading needs besides the tree.
pub(crate) struct World<'w> {
    /// Values of `${name}`; names that are not here stay as they are.
    pub vars: &'w BTreeMap<String, String>,
    /// What is out.
    pub taken: &'w Taken,
}

/// A value to be read.
#[derive(Clone, Copy)]
pub(crate) struct De<'w> {
    pub node: &'w Rc<Node>,
    pub world: &'w World<'w>,
    /// The node is a kind that was written alone: its content is nothing.
    pub bare: bool,
}

/// A scalar as YAML 1.2's core schema sees it, less floats: they are told apart only where one is asked for, so that the text of a
/// version such as `1.10` is not lost.
enum Resolved<'t> {
    Null,
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    Text(Cow<'t, str>),
}

impl<'w> De<'w> {
    pub(crate) fn new(node: &'w Rc<Node>, world: &'w World<'w>) -> Self {
        Self { node, world, bare: false }
    }

    pub(super) fn is_null(&self) -> bool {
        self.bare || self.node.is_null()
    }

    fn resolve(&self) -> Option<Resolved<'w>> {
        if self.bare {
            return Some(Resolved::Null);
        }
        let Value::Scalar { text, plain } = &self.node.value else { return None };
        let filled = fill::known(text, self.world.vars);
        if !plain {
            return Some(Resolved::Text(filled));
        }
        Some(resolve_plain(filled))
    }

    /// The text of a scalar, as written and filled in.
    fn text(&self) -> Result<Cow<'w, str>, Unexpected<'w>> {
        match &self.node.value {
            Value::Scalar { .. } if self.is_null() => Err(Unexpected::Unit),
            Value::Scalar { text, .. } => Ok(fill::known(text, self.world.vars)),
            Value::List(_) => Err(Unexpected::Seq),
            Value::Map(_) => Err(Unexpected::Map),
        }
    }

    fn list<V: Visitor<'w>>(self, visitor: V) -> Result<V::Value, Fail> {
        visitor.visit_seq(Items::new(self))
    }

    fn map<V: Visitor<'w>>(self, visitor: V) -> Result<V::Value, Fail> {
        let mut pairs = Pairs::new(self);
        let value = visitor.visit_map(&mut pairs)?;
        match pairs.unread() {
            // Only readers of "one key, one value" leave pairs behind.
            Some((container, index, key)) => {
                let text = format!(
                    "exactly one key can stand here, so `{}` is one too many",
                    crate::problem::shown(&key.name)
                );
                Err(<Fail as de::Error>::custom(text).at_key(key.at).slot(container, index))
            }
            None => Ok(value),
        }
    }

    fn number<V: Visitor<'w>>(self, visitor: V) -> Result<V::Value, Fail> {
        match self.typed() {
            Some(Resolved::Unsigned(number)) => visitor.visit_u64(number),
            Some(Resolved::Signed(number)) => visitor.visit_i64(number),
            _ => self.refuse(&visitor),
        }
    }

    /// Like [`Self::resolve`], but what is a variable and nothing else (`"${count}"`, which YAML wants in quotes) may be a number or
    /// a boolean where one is asked for.
    fn typed(&self) -> Option<Resolved<'w>> {
        match self.resolve()? {
            Resolved::Text(text) if self.is_variable() => Some(resolve_plain(text)),
            other => Some(other),
        }
    }

    fn is_variable(&self) -> bool {
        let mut pieces = fill::pieces(self.node.text().unwrap_or_default());
        matches!((pieces.next(), pieces.next()), (Some(fill::Piece::Name(_)), None))
    }

    /// The failure of a value that is of another type than `visitor` wants.
    fn refuse<T>(self, visitor: &dyn de::Expected) -> Result<T, Fail> {
        let fail = |unexpected| Err(<Fail as de::Error>::invalid_type(unexpected, visitor));
        match self.resolve() {
            None if matches!(self.node.value, Value::Map(_)) => fail(Unexpected::Map),
            None => fail(Unexpected::Seq),
            Some(Resolved::Null) => fail(Unexpected::Unit),
            Some(Resolved::Bool(value)) => fail(Unexpected::Bool(value)),
            Some(Resolved::Unsigned(number)) => fail(Unexpected::Unsigned(number)),
            Some(Resolved::Signed(number)) => fail(Unexpected::Signed(number)),
            Some(Resolved::Text(text)) => fail(Unexpected::Str(&text)),
        }
    }

    fn any<V: Visitor<'w>>(self, visitor: V) -> Result<V::Value, Fail> {
        match self.resolve() {
            None if matches!(self.node.value, Value::Map(_)) => self.map(visitor),
            None => self.list(visitor),
            Some(Resolved::Null) => visitor.visit_unit(),
            Some(Resolved::Bool(value)) => visitor.visit_bool(value),
            Some(Resolved::Unsigned(number)) => visitor.visit_u64(number),
            Some(Resolved::Signed(number)) => visitor.visit_i64(number),
            Some(Resolved::Text(text)) => visitor.visit_str(&text),
        }
    }
}

fn resolve_plain(text: Cow<'_, str>) -> Resolved<'_> {
    match text.as_ref() {
        "" | "~" | "null" => Resolved::Null,
        "true" => Resolved::Bool(true),
        "false" => Resolved::Bool(false),
        other if canonical(other) => match (other.parse(), other.parse()) {
            (Ok(number), _) => Resolved::Unsigned(number),
            (_, Ok(number)) => Resolved::Signed(number),
            _ => Resolved::Text(text),
        },
        _ => Resolved::Text(text),
    }
}

/// Decimal, without leading zeros and plus signs: what a person would call the same text again.
fn canonical(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits == "0" || (!digits.starts_with('0') && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
}

macro_rules! numbers {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
            self.number(visitor).map_err(|fail| fail.at(self.node))
        })*
    };
}

impl<'de> de::Deserializer<'de> for De<'de> {
    type Error = Fail;

    numbers! { deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        self.any(visitor).map_err(|fail| fail.at(self.node))
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        let number = match self.resolve() {
            Some(Resolved::Unsigned(_) | Resolved::Signed(_) | Resolved::Text(_)) => {
                self.text().ok().and_then(|text| text.parse::<f64>().ok()).filter(|number| number.is_finite())
            }
            _ => None,
        };
        match number {
            Some(number) => visitor.visit_f64(number),
            None => self.refuse(&visitor),
        }
        .map_err(|fail| fail.at(self.node))
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        match self.typed() {
            Some(Resolved::Bool(value)) => visitor.visit_bool(value),
            _ => self.refuse(&"true or false"),
        }
        .map_err(|fail| fail.at(self.node))
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        match self.text() {
            Ok(text) => visitor.visit_str(&text),
            Err(unexpected) => Err(<Fail as de::Error>::invalid_type(unexpected, &visitor)),
        }
        .map_err(|fail| fail.at(self.node))
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        self.deserialize_str(visitor)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        self.deserialize_str(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        if self.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        let nothing = self.is_null() || matches!(&self.node.value, Value::Map(pairs) if pairs.is_empty());
        if nothing {
            visitor.visit_unit()
        } else {
            self.refuse(&"nothing, or {}").map_err(|fail: Fail| fail.at(self.node))
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fail> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fail> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        match &self.node.value {
            Value::List(_) => self.list(visitor),
            _ if self.is_null() => self.list(visitor),
            _ => self.refuse(&visitor),
        }
        .map_err(|fail| fail.at(self.node))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Fail> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Fail> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        match &self.node.value {
            Value::Map(_) => self.map(visitor),
            // `given:` with nothing under it: all its lines are comments for now.
            _ if self.is_null() => self.map(visitor),
            _ => self.refuse(&visitor),
        }
        .map_err(|fail| fail.at(self.node))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        keys: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fail> {
        if matches!(self.node.value, Value::Map(_)) || self.is_null() {
            return self.map(visitor).map_err(|fail| fail.at(self.node));
        }
        let wanted = format!("a mapping with keys such as {}", some(keys));
        self.refuse(&wanted.as_str()).map_err(|fail: Fail| fail.at(self.node))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        kinds: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fail> {
        let noun = noun(name);
        let live: Vec<_> =
            self.node.pairs().iter().enumerate().filter(|(i, _)| !self.world.taken.has(self.node, *i)).collect();
        let result = match (&self.node.value, live.as_slice()) {
            (Value::Map(_), [(_, (key, content))]) => {
                visitor.visit_enum(Variant::keyed(&key.name, key.at, De::new(content, self.world)))
            }
            (Value::Map(_), []) => Err(Fail::wrong_type("an empty mapping", format!("one of {}", some(kinds)))),
            (Value::Map(_), [_, (index, (key, _)), ..]) => {
                let text = format!(
                    "exactly one kind can stand here, so `{}` is one too many",
                    crate::problem::shown(&key.name)
                );
                Err(<Fail as de::Error>::custom(text).at_key(key.at).slot(self.node, *index))
            }
            _ => match self.text() {
                Ok(text) => visitor.visit_enum(Variant::alone(text, self)),
                Err(_) => self.refuse(&format!("one of {}", some(kinds)).as_str()),
            },
        };
        result.map_err(|fail| fail.noun(noun).at(self.node))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        visitor.visit_unit()
    }
}

/// The first few of a list of names.
fn some(names: &[&str]) -> String {
    let mut text = names.iter().take(8).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if names.len() > 8 {
        text.push_str(", ...");
    }
    text
}

/// How messages call an unknown value of this type.
fn noun(type_name: &str) -> &'static str {
    match type_name {
        "Step" => "step kind",
        "Effect" => "fault effect",
        "Invariant" => "invariant",
        "Need" => "need",
        "Mode" => "upload mode",
        "Outcome" => "outcome",
        "StorageStep" => "storage change",
        "BlobSpec" | "BodySource" => "kind of content",
        "MatcherKind" => "matcher",
        "Capture" => "place to capture from",
        "KeyClass" => "key class",
        "On" => "party",
        _ => "kind",
    }
}
