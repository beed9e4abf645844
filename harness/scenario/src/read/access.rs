//! serde's ways into lists, mappings and enums of the tree. They skip what is taken out and note the place of what fails.

use std::borrow::Cow;

use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeSeed, Visitor};

use super::de::De;
use super::fail::Fail;
use super::tree::{At, Key, Node, Value};

/// The items of a list.
pub(super) struct Items<'w> {
    list: De<'w>,
    next: usize,
}

impl<'w> Items<'w> {
    pub(super) fn new(list: De<'w>) -> Self {
        Self { list, next: 0 }
    }
}

impl<'de> de::SeqAccess<'de> for Items<'de> {
    type Error = Fail;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fail> {
        let De { node: list, world, .. } = self.list;
        while world.taken.has(list, self.next) {
            self.next += 1;
        }
        let Some(node) = list.items().get(self.next) else { return Ok(None) };
        let index = self.next;
        self.next += 1;
        seed.deserialize(De::new(node, world)).map(Some).map_err(|fail| fail.at(node).slot(list, index))
    }
}

/// The pairs of a mapping.
pub(super) struct Pairs<'w> {
    map: De<'w>,
    next: usize,
}

impl<'w> Pairs<'w> {
    pub(super) fn new(map: De<'w>) -> Self {
        Self { map, next: 0 }
    }

    fn skip_taken(&mut self) {
        while self.map.world.taken.has(self.map.node, self.next) {
            self.next += 1;
        }
    }

    /// The first pair that nobody asked for.
    pub(super) fn unread(&mut self) -> Option<(&'w Node, usize, &'w Key)> {
        self.skip_taken();
        let (key, _) = self.map.node.pairs().get(self.next)?;
        Some((self.map.node, self.next, key))
    }
}

impl<'de> de::MapAccess<'de> for &mut Pairs<'de> {
    type Error = Fail;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fail> {
        self.skip_taken();
        let Some((key, _)) = self.map.node.pairs().get(self.next) else { return Ok(None) };
        seed.deserialize(StrDeserializer::new(&key.name))
            .map(Some)
            .map_err(|fail: Fail| fail.at_key(key.at).slot(self.map.node, self.next))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fail> {
        let De { node: map, world, .. } = self.map;
        let index = self.next;
        self.next += 1;
        let Some((_, node)) = map.pairs().get(index) else {
            return Err(de::Error::custom("a value was asked for without its key"));
        };
        seed.deserialize(De::new(node, world)).map_err(|fail| fail.at(node).slot(map, index))
    }
}

/// One kind of an enum: `kind` alone, or `kind: content`.
pub(super) struct Variant<'w> {
    name: Cow<'w, str>,
    /// The key, unless the kind was written alone.
    key: Option<At>,
    content: De<'w>,
}

impl<'w> Variant<'w> {
    pub(super) fn keyed(name: &'w str, at: At, content: De<'w>) -> Self {
        Self { name: Cow::Borrowed(name), key: Some(at), content }
    }

    pub(super) fn alone(name: Cow<'w, str>, scalar: De<'w>) -> Self {
        Self { name, key: None, content: De { bare: true, ..scalar } }
    }
}

impl<'de> de::EnumAccess<'de> for Variant<'de> {
    type Error = Fail;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Fail> {
        let kind = seed.deserialize(StrDeserializer::new(&self.name)).map_err(|fail: Fail| match self.key {
            Some(at) => fail.at_key(at),
            None => fail.at(self.content.node),
        })?;
        Ok((kind, self))
    }
}

impl<'de> de::VariantAccess<'de> for Variant<'de> {
    type Error = Fail;

    fn unit_variant(self) -> Result<(), Fail> {
        match &self.content.node.value {
            _ if self.content.is_null() => Ok(()),
            Value::Map(pairs) if pairs.is_empty() => Ok(()),
            _ => {
                let text = format!("`{}` takes no value: write it alone, or with `{{}}`", self.name);
                Err(<Fail as de::Error>::custom(text).at(self.content.node))
            }
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Fail> {
        seed.deserialize(self.content).map_err(|fail| fail.at(self.content.node))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Fail> {
        de::Deserializer::deserialize_tuple(self.content, len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Fail> {
        de::Deserializer::deserialize_struct(self.content, "", fields, visitor)
    }
}
