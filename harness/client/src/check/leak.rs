//! Whether a text shows the inside of a store (B13): driver names, keys, endpoints, its own error codes, hex dumps.

/// Words that only the store's side uses, in lower case, and what they are.
const WORDS: [(&str, &str); 14] = [
    ("s3aws", "the name of the storage driver"),
    ("s3://", "a storage URI"),
    ("drivername", "an error of the storage driver"),
    ("requestfailure", "an error of the storage SDK"),
    ("serializationerror", "an error of the storage SDK"),
    ("unmarshalerror", "an error of the storage SDK"),
    ("nosuchkey", "an S3 error code"),
    ("nosuchupload", "an S3 error code"),
    ("accessdenied", "an S3 error code"),
    ("slowdown", "an S3 error code"),
    ("x-amz-", "an S3 header or parameter"),
    ("amazonaws.com", "a storage host"),
    ("registry/v2/repositories/", "a storage key"),
    ("registry/v2/blobs/", "a storage key"),
];

/// What of the store shows in `text`, if anything does.
pub(super) fn leak(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    if let Some((word, what)) = WORDS.iter().find(|(word, _)| lower.contains(word)) {
        return Some(format!("{what} (\"{word}\")"));
    }
    if lower.split(|c: char| c.is_whitespace() || "\"'()<>,;".contains(c)).any(is_address) {
        return Some("a host and port".to_owned());
    }
    lower.split(['\n', '\\']).any(is_hex_dump).then(|| "a hex dump".to_owned())
}

/// `10.0.0.7:9000`, with or without a scheme before and a path after it.
fn is_address(word: &str) -> bool {
    let word = word.rsplit_once("://").map_or(word, |(_, rest)| rest);
    let word = word.split('/').next().unwrap_or_default();
    let Some((host, port)) = word.trim_end_matches(['.', ':']).rsplit_once(':') else { return false };
    let octets: Vec<_> = host.split('.').map(str::parse::<u8>).collect();
    octets.len() == 4 && octets.iter().all(Result::is_ok) && port.parse::<u16>().is_ok()
}

/// `00000000  3c 68 74 6d 6c 3e ...`, as Go's SDK prints a body it could not read; also after an escaped line feed.
fn is_hex_dump(line: &str) -> bool {
    let mut words = line.strip_prefix('n').unwrap_or(line).split_ascii_whitespace();
    let hex = |word: &str, length: usize| word.len() == length && word.bytes().all(|b| b.is_ascii_hexdigit());
    words.next().is_some_and(|offset| hex(offset, 8)) && words.take(4).filter(|word| hex(word, 2)).count() == 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_real_registries_leak() {
        for (text, what) in [
            (r#"{"DriverName":"s3aws","Enclosed":{"RequestFailure":{}}}"#, "storage driver"),
            (r#"s3aws: Path not found: /docker/registry/v2/repositories/a/b"#, "storage driver"),
            ("dial tcp 10.0.0.7:9000: connect: connection refused", "host and port"),
            ("Get \"http://10.0.0.7:9000/bucket\": EOF", "host and port"),
            (r#"{"detail":"caused by\n\t00000000  3c 68 74 6d 6c 3e 0d 0a"}"#.replace("\\t", "").as_str(), "hex dump"),
            ("00000000  3c 68 74 6d 6c 3e 0d 0a", "hex dump"),
            ("AccessDenied: Access Denied", "S3 error code"),
        ] {
            assert!(leak(text).is_some_and(|found| found.contains(what)), "{text}: {:?}", leak(text));
        }
    }

    #[test]
    fn what_is_no_leak() {
        for text in [
            r#"{"errors":[{"code":"UNKNOWN","message":"internal error, request 7f3a","detail":{"id":"00000000 7f"}}]}"#,
            "version 1.2.3.4 is out, at 12:30:00",
            "blob sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 unknown",
        ] {
            assert_eq!(leak(text), None, "{text}");
        }
    }
}
