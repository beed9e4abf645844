//! Headers that are stored with an object and given back with it.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use http::HeaderMap;
use serde::{Deserialize, Serialize};

use crate::error::{Code, S3Error};

/// Standard headers S3 keeps.
const KEPT: [&str; 6] =
    ["content-type", "cache-control", "content-disposition", "content-encoding", "content-language", "expires"];
/// The prefix of user metadata.
const USER: &str = "x-amz-meta-";

/// Longest user metadata, names and values together.
const MAX_USER: usize = 2048;

/// Headers that are kept, by lower-case names. Clones share them, and so do all objects that came without any: a map for each of a million
/// small objects would take more memory than all the rest of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Kept(Arc<BTreeMap<String, String>>);

impl<'a> IntoIterator for &'a Kept {
    type Item = (&'a String, &'a String);
    type IntoIter = std::collections::btree_map::Iter<'a, String, String>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

const TYPE: &str = "content-type";
const DEFAULT_TYPE: &str = "binary/octet-stream";

/// What is kept of a request without such headers.
pub(crate) fn none() -> Kept {
    static NONE: LazyLock<Kept> =
        LazyLock::new(|| Kept(Arc::new(BTreeMap::from([(TYPE.to_owned(), DEFAULT_TYPE.to_owned())]))));
    NONE.clone()
}

/// Refuses more user metadata than S3 keeps.
pub(crate) fn check(headers: &HeaderMap) -> Result<(), S3Error> {
    let user = headers.iter().filter_map(|(name, value)| Some(name.as_str().strip_prefix(USER)?.len() + value.len()));
    let size: usize = user.sum();
    if size <= MAX_USER {
        return Ok(());
    }
    Err(S3Error::from(Code::MetadataTooLarge).with("Size", size).with("MaxSizeAllowed", MAX_USER))
}

/// The headers of a request that are kept.
pub(crate) fn kept(headers: &HeaderMap) -> Kept {
    let mut kept: BTreeMap<String, String> = headers
        .iter()
        .filter(|(name, _)| KEPT.contains(&name.as_str()) || name.as_str().starts_with(USER))
        .map(|(name, value)| (name.as_str().to_owned(), latin(value.as_bytes())))
        .collect();
    if let Some(encoding) = kept.remove("content-encoding") {
        // `aws-chunked` is the framing of the request, not of the object.
        let rest: Vec<&str> = encoding.split(',').map(str::trim).filter(|name| *name != "aws-chunked").collect();
        if !rest.concat().is_empty() {
            kept.insert("content-encoding".to_owned(), rest.join(","));
        }
    }
    if kept.is_empty() {
        return none();
    }
    kept.entry(TYPE.to_owned()).or_insert_with(|| DEFAULT_TYPE.to_owned());
    Kept(Arc::new(kept))
}

fn latin(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("content-encoding", "aws-chunked, gzip"),
            ("x-amz-meta-a", "1"),
            ("x-amz-acl", "private"),
            ("content-length", "5"),
        ] {
            headers.insert(name, value.parse().unwrap());
        }
        let want = [("content-encoding", "gzip"), ("content-type", "binary/octet-stream"), ("x-amz-meta-a", "1")];
        assert_eq!(*kept(&headers).0, want.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
        headers.insert("content-encoding", "aws-chunked".parse().unwrap());
        assert!(!kept(&headers).0.contains_key("content-encoding"));
        assert!(Arc::ptr_eq(&kept(&HeaderMap::new()).0, &none().0), "objects without headers share theirs");
    }
}
