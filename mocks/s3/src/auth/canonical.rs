//! The canonical request: what both sides must derive alike from one head.

use std::borrow::Cow;
use std::fmt::Write as _;

use http::{HeaderMap, Method, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::{Digest, Sha256};

use crate::request;

/// Everything but unreserved characters (RFC 3986 section 2.3).
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// The same, slashes kept: S3 encodes a key once and does not normalise it.
const PATH: &AsciiSet = &QUERY.remove(b'/');

/// Hash of the canonical request in hex.
pub(super) fn hash(
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    signed: &[&str],
    payload_hash: &str,
    omit: &str,
) -> String {
    let text = request_text(method, uri, headers, signed, payload_hash, omit);
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// The canonical request. `omit` is the query parameter that is left out (`X-Amz-Signature`).
pub(super) fn request_text(
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    signed: &[&str],
    payload_hash: &str,
    omit: &str,
) -> String {
    let mut text = String::with_capacity(512);
    let _ = writeln!(text, "{method}\n{}\n{}", path(uri.path()), query(uri.query().unwrap_or_default(), omit));
    for name in signed {
        text.push_str(name);
        text.push(':');
        if *name == "host" {
            collapse(&mut text, &request::host(uri, headers));
        } else {
            values(&mut text, headers, name);
        }
        text.push('\n');
    }
    text.push('\n');
    for (at, name) in signed.iter().enumerate() {
        text.push_str(if at == 0 { "" } else { ";" });
        text.push_str(name);
    }
    text.push('\n');
    text.push_str(payload_hash);
    text
}

/// Decoded and encoded again, so that it does not matter how the client spelt it.
pub(super) fn path(raw: &str) -> Cow<'_, str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    if !raw.is_empty() && raw.bytes().all(plain) {
        return raw.into();
    }
    let decoded: Vec<u8> = percent_decode_str(raw).collect();
    let path = percent_encoding::percent_encode(&decoded, PATH).to_string();
    if path.is_empty() { "/".into() } else { path.into() }
}

/// Pairs decoded, encoded again, sorted by encoded name and value.
pub(super) fn query(raw: &str, omit: &str) -> String {
    if raw.is_empty() {
        return String::new();
    }
    let again = |text: &str| {
        let text = text.replace('+', " ");
        let decoded: Vec<u8> = percent_decode_str(&text).collect();
        percent_encoding::percent_encode(&decoded, QUERY).to_string()
    };
    let omit = utf8_percent_encode(omit, QUERY).to_string();
    let mut pairs: Vec<(String, String)> = raw
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (again(name), again(value)))
        .filter(|(name, _)| omit.is_empty() || *name != omit)
        .collect();
    pairs.sort();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// Adds all values of a name, joined by commas in their order.
fn values(text: &mut String, headers: &HeaderMap, name: &str) {
    for (at, value) in headers.get_all(name).iter().enumerate() {
        text.push_str(if at == 0 { "" } else { "," });
        collapse(text, &String::from_utf8_lossy(value.as_bytes()));
    }
}

/// Adds the value, trimmed, runs of spaces made one.
fn collapse(text: &mut String, value: &str) {
    let words = value.split([' ', '\t']).filter(|word| !word.is_empty());
    for (at, word) in words.enumerate() {
        text.push_str(if at == 0 { "" } else { " " });
        text.push_str(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spelling_does_not_matter() {
        assert_eq!(path("/a%2Fb c"), "/a/b%20c");
        assert_eq!(path("/a//b/../%7e"), "/a//b/../~");
        assert_eq!(query("b=2&a=%7e&a=%20&uploads&X-Amz-Signature=s", "X-Amz-Signature"), "a=%20&a=~&b=2&uploads=");
    }

    proptest! {
        #[test]
        fn the_canonical_query_is_a_fixed_point_and_ignores_order(
            pairs in proptest::collection::vec(("[a-zA-Z0-9 /+=&%é]{1,6}", "[a-zA-Z0-9 /+=&%é]{0,6}"), 0..6),
        ) {
            let spell = |pairs: &[(String, String)]| {
                let encode = |text: &str| utf8_percent_encode(text, QUERY).to_string();
                pairs.iter().map(|(n, v)| format!("{}={}", encode(n), encode(v))).collect::<Vec<_>>().join("&")
            };
            let canonical = query(&spell(&pairs), "");
            prop_assert_eq!(&query(&canonical, ""), &canonical);
            let reversed: Vec<_> = pairs.iter().rev().cloned().collect();
            prop_assert_eq!(query(&spell(&reversed), ""), canonical);
        }
    }
}
