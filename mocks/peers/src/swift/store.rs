//! What is in a Swift: containers of objects, and when a listing began to show them. Bounded.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use md5::{Digest as _, Md5};

/// Most bytes of all objects together.
pub(super) const MOST_BYTES: usize = 256 << 20;
/// Most objects, and most containers.
const MOST_OBJECTS: usize = 100_000;
const MOST_CONTAINERS: usize = 1000;

/// One object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Object {
    pub(super) bytes: Bytes,
    pub(super) etag: String,
    pub(super) content_type: String,
    /// `X-Object-Manifest`: container and prefix of the segments that it stands for.
    pub(super) manifest: Option<(String, String)>,
    /// On the clock's monotonic time.
    pub(super) listed_from: Duration,
}

/// The MD5 of some bytes, as an ETag has it.
pub(super) fn etag(bytes: &[u8]) -> String {
    hex::encode(Md5::digest(bytes))
}

/// Containers by name.
#[derive(Debug, Default)]
pub(super) struct Store {
    containers: BTreeMap<String, BTreeMap<String, Object>>,
    bytes: usize,
}

impl Store {
    pub(super) fn new(containers: &[String]) -> Self {
        Self { containers: containers.iter().map(|name| (name.clone(), BTreeMap::new())).collect(), bytes: 0 }
    }

    /// True if it is new; `None` if there is no room.
    pub(super) fn make(&mut self, container: &str) -> Option<bool> {
        if self.containers.contains_key(container) {
            return Some(false);
        }
        (self.containers.len() < MOST_CONTAINERS).then(|| {
            self.containers.insert(container.to_owned(), BTreeMap::new());
            true
        })
    }

    pub(super) fn has(&self, container: &str) -> bool {
        self.containers.contains_key(container)
    }

    /// False if there is no room. The container must be there.
    pub(super) fn put(&mut self, container: &str, name: &str, mut object: Object) -> bool {
        let count: usize = self.containers.values().map(BTreeMap::len).sum();
        let Some(objects) = self.containers.get_mut(container) else { return false };
        let before = objects.get(name);
        let bytes = self.bytes - before.map_or(0, |object| object.bytes.len()) + object.bytes.len();
        if bytes > MOST_BYTES || before.is_none() && count >= MOST_OBJECTS {
            return false;
        }
        // What is listed stays listed when it is replaced.
        object.listed_from = before.map_or(object.listed_from, |before| before.listed_from.min(object.listed_from));
        self.bytes = bytes;
        objects.insert(name.to_owned(), object);
        true
    }

    pub(super) fn get(&self, container: &str, name: &str) -> Option<&Object> {
        self.containers.get(container)?.get(name)
    }

    pub(super) fn remove(&mut self, container: &str, name: &str) -> bool {
        let removed = self.containers.get_mut(container).and_then(|objects| objects.remove(name));
        self.bytes -= removed.as_ref().map_or(0, |object| object.bytes.len());
        removed.is_some()
    }

    /// Objects below a prefix in order, those that a listing does not show yet among them: name, object, whether it is listed.
    pub(super) fn below(&self, container: &str, prefix: &str, now: Duration) -> Vec<(&str, &Object, bool)> {
        let objects = self.containers.get(container).into_iter().flatten();
        let found = objects.filter(|(name, _)| name.starts_with(prefix));
        found.map(|(name, object)| (name.as_str(), object, object.listed_from <= now)).collect()
    }
}
