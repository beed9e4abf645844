//! Checks of `Warning` (WN1, WN2): agent `-`, code 299, a quoted text, no date, and not too much of it.

use http::HeaderMap;
use http::header::WARNING;
use shakedown_oci::quote;
use shakedown_wire::TraceId;

use crate::Finding;

/// Most bytes of warnings in one answer (WN2).
const MOST: usize = 4096;

/// What is wrong with the warnings of an answer. Lines of other codes than 299 are a cache's, not the registry's.
pub fn warnings(headers: &HeaderMap, trace: Option<TraceId>) -> Vec<Finding> {
    let ours = || headers.get_all(WARNING).iter().filter(|value| value.as_bytes().starts_with(b"299"));
    let mut findings: Vec<Finding> = ours()
        .filter(|value| !is_well_formed(value.as_bytes()))
        .map(|value| {
            let actual = quote(&String::from_utf8_lossy(value.as_bytes()));
            Finding::new("WN1", trace, "Warning", "299 - \"text\", without a date", actual)
        })
        .collect();
    let bytes: usize = ours().map(|value| value.as_bytes().len()).sum();
    if bytes > MOST {
        findings.push(Finding::new("WN2", trace, "all warnings", format!("at most {MOST} bytes"), bytes.to_string()));
    }
    findings
}

/// `299 - "text"` and nothing behind it; in the text, quotes and backslashes have a backslash before them (RFC 9110 section 5.6.4).
fn is_well_formed(value: &[u8]) -> bool {
    let Some(text) = value.strip_prefix(b"299 - \"").and_then(|rest| rest.strip_suffix(b"\"")) else { return false };
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        let right = match byte {
            b'"' => false,
            b'\\' => bytes.next().is_some(),
            _ => true,
        };
        if !right {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(lines: &[&str]) -> Vec<&'static str> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(WARNING, line.parse().unwrap());
        }
        warnings(&headers, None).into_iter().map(|finding| finding.rule).collect()
    }

    #[test]
    fn warnings_have_one_form_and_a_limit() {
        assert!(
            rules(&[r#"299 - "tag 1 is deprecated""#, r#"299 - "say \"please\" \\ thanks""#, r#"110 cache "Stale""#])
                .is_empty()
        );
        for wrong in [
            r#"299 - "old" "Fri, 25 Dec 2026 00:00:00 GMT""#,
            r#"299 registry.test "old""#,
            "299 - old",
            r#"299 - "open"#,
            r#"299 - "a"b""#,
            r#"299 - "a\""#,
            r#"299 -"old""#,
        ] {
            assert_eq!(rules(&[wrong]), ["WN1"], "{wrong}");
        }
        let long = format!("299 - \"{}\"", "x".repeat(2040));
        assert!(rules(&[&long, &long]).is_empty());
        assert_eq!(rules(&[&long, &long, r#"299 - "one more""#]), ["WN2"]);
    }
}
