//! What rules out nearly all rules of a set with a look at a few words of memory: a rule itself is a kilobyte, and each rule is asked of
//! each request. A sieve lets through whatever could fit; [`When::holds`](crate::When) decides. Not here: counters, windows, probability.

use crate::glob::Glob;
use crate::when::{METHODS, OPERATIONS};
use crate::{Call, Fault, On, When};

/// A rule in short.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sieve {
    on: On,
    /// A bit for each operation.
    operations: u32,
    /// A bit for each method.
    methods: u8,
    path: Literal,
    key: Literal,
}

/// A call in short.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    on: On,
    operation: u32,
    method: u8,
    path: Text,
    key: Text,
}

const _: () =
    assert!(OPERATIONS.len() < 32 && METHODS.len() < 8, "a name is a bit, and one more is for what has no name");

/// What a pattern says literally: the first and the last eight bytes, and which bytes there are.
#[derive(Debug, Clone, Copy, Default)]
struct Literal {
    first: Word,
    last: Word,
    bytes: u64,
}

/// The same of a text.
#[derive(Debug, Clone, Copy)]
struct Text {
    first: u64,
    last: u64,
    bytes: u64,
}

/// Bytes of a text, and which of them count.
#[derive(Debug, Clone, Copy, Default)]
struct Word {
    bytes: u64,
    mask: u64,
}

impl Word {
    fn fits(self, text: u64) -> bool {
        (text ^ self.bytes) & self.mask == 0
    }
}

impl Literal {
    fn of(pattern: Option<&Glob>) -> Self {
        let Some(pattern) = pattern else { return Self::default() };
        let (first, last) = pattern.ends();
        Self {
            bytes: bytes(pattern.literals()),
            first: Word { bytes: beginning(first.as_bytes()), mask: beginning(&[0xff; 8][..first.len().min(8)]) },
            last: Word { bytes: end(last.as_bytes()), mask: end(&[0xff; 8][..last.len().min(8)]) },
        }
    }

    fn fits(&self, text: &Text) -> bool {
        self.first.fits(text.first) && self.last.fits(text.last) && self.bytes & !text.bytes == 0
    }
}

impl Text {
    fn of(text: &str) -> Self {
        let text = text.as_bytes();
        Self { first: beginning(text), last: end(text), bytes: bytes(text.iter().copied()) }
    }
}

/// A bit for each byte; four bytes share one.
fn bytes(text: impl Iterator<Item = u8>) -> u64 {
    text.fold(0, |bits, byte| bits | 1 << (byte & 63))
}

/// The first eight bytes; those that are missing are zero.
fn beginning(text: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    let length = text.len().min(8);
    bytes[..length].copy_from_slice(&text[..length]);
    u64::from_le_bytes(bytes)
}

/// The last eight bytes; those that are missing are zero.
fn end(text: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    let length = text.len().min(8);
    bytes[8 - length..].copy_from_slice(&text[text.len() - length..]);
    u64::from_le_bytes(bytes)
}

/// The bit of a name; the bit behind the last for one that is not in the list.
fn bit(names: &[&str], name: &str) -> u32 {
    1 << names.iter().position(|known| *known == name).unwrap_or(names.len())
}

fn bit_of_operation(name: Option<&str>) -> u32 {
    name.map_or(1 << OPERATIONS.len(), |name| bit(OPERATIONS, name))
}

fn bit_of_method(method: &str) -> u8 {
    u8::try_from(bit(METHODS, method)).expect("fewer than eight names")
}

impl Sieve {
    pub(super) fn of(fault: &Fault) -> Self {
        let When { operation, method, path, key, .. } = &fault.when;
        Self {
            on: fault.on,
            operations: operation.as_ref().map_or(u32::MAX, |wanted| {
                wanted.iter().fold(0, |bits, name| bits | bit_of_operation(Some(name.name())))
            }),
            methods: method
                .as_ref()
                .map_or(u8::MAX, |wanted| wanted.iter().fold(0, |bits, name| bits | bit_of_method(name.name()))),
            path: Literal::of(path.as_ref()),
            key: Literal::of(key.as_ref()),
        }
    }

    /// False: the rule has nothing to do with this call.
    pub(super) fn lets(&self, look: &Look) -> bool {
        self.on == look.on
            && self.operations & look.operation != 0
            && self.methods & look.method != 0
            && self.key.fits(&look.key)
            && self.path.fits(&look.path)
    }
}

impl Look {
    pub(super) fn at(call: &Call<'_>) -> Self {
        Self {
            on: call.on,
            operation: bit_of_operation(call.operation),
            method: bit_of_method(call.method.as_str()),
            path: Text::of(call.path),
            key: Text::of(call.key),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, Method};
    use proptest::prelude::*;

    use super::*;

    fn fault(when: &str) -> Fault {
        serde_saphyr::from_str(&format!("{{ on: s3, when: {when}, effect: reset }}")).unwrap()
    }

    fn lets(when: &str, operation: &str, path: &str, key: &str) -> (bool, bool) {
        let (fault, headers) = (fault(when), HeaderMap::new());
        let (operation, query) = (Some(operation), "");
        let call = Call { on: On::S3, operation, method: &Method::PUT, path, query, headers: &headers, key };
        (Sieve::of(&fault).lets(&Look::at(&call)), fault.when.holds(&call))
    }

    #[test]
    fn what_fits_in_no_way_is_ruled_out() {
        for when in
            ["{ operation: GetObject }", "{ method: GET }", "{ key: 'a/**' }", "{ key: '**/b' }", "{ path: /x }"]
        {
            assert_eq!(lets(when, "PutObject", "/lab/key", "key"), (false, false), "{when}");
        }
        assert_eq!(lets("{}", "ByNoName", "", ""), (true, true));
        assert_eq!(lets("{ operation: [GetObject, PutObject] }", "PutObject", "/", ""), (true, true));
    }

    proptest! {
        #[test]
        fn nothing_that_fits_is_ruled_out(pattern in "[ab/*?é]{0,12}", text in "[ab/é]{0,14}", path: bool) {
            let condition = if path { "path" } else { "key" };
            let (lets, holds) = lets(&format!("{{ {condition}: '{pattern}' }}"), "PutObject", &text, &text);
            prop_assert!(lets || !holds);
        }
    }
}
