//! Headers that are stored with an object and given back with it.

use std::collections::BTreeMap;

use http::HeaderMap;

use crate::error::{Code, S3Error};

/// Standard headers S3 keeps.
const KEPT: [&str; 6] =
    ["content-type", "cache-control", "content-disposition", "content-encoding", "content-language", "expires"];
/// The prefix of user metadata.
const USER: &str = "x-amz-meta-";

/// Longest user metadata, names and values together.
const MAX_USER: usize = 2048;

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
pub(crate) fn kept(headers: &HeaderMap) -> BTreeMap<String, String> {
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
    kept.entry("content-type".to_owned()).or_insert_with(|| "binary/octet-stream".to_owned());
    kept
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
        assert_eq!(kept(&headers), want.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
        headers.insert("content-encoding", "aws-chunked".parse().unwrap());
        assert!(!kept(&headers).contains_key("content-encoding"));
    }
}
