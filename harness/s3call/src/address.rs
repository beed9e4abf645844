//! Keys and query values as SigV4 wants them in an address.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but SigV4's unreserved characters.
pub(crate) const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const KEY: &AsciiSet = &UNRESERVED.remove(b'/');

/// An object key as it stands in a path or in `x-amz-copy-source`.
pub fn encode_key(key: &str) -> String {
    utf8_percent_encode(key, KEY).to_string()
}

/// A value (or a bucket) as it stands between the marks of a query or a path.
pub fn encode_value(value: &str) -> String {
    utf8_percent_encode(value, UNRESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unreserved_characters_stay_as_they_are() {
        assert_eq!(encode_key("a b/_c=1~é"), "a%20b/_c%3D1~%C3%A9");
        assert_eq!(encode_value("x/y+z"), "x%2Fy%2Bz");
    }
}
