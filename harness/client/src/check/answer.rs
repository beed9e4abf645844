//! Checks of the heads of good answers: Location, Range, digests, lengths.

use http::Uri;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, LOCATION, RANGE};
use shakedown_oci::{Digest, UploadRange, UploadRangeError, quote};
use shakedown_wire::TraceId;

use crate::Finding;
use crate::findings::Ledger;
use crate::location::{resolve, same_origin};
use crate::session::Answer;

/// The `Location` that `rule` asks for, resolved against the request; `None` with a finding if there is none to use.
pub(crate) fn location(answer: &Answer, rule: &'static str, ledger: &Ledger) -> Option<Uri> {
    let what = format!("Location of the {}", answer.status().as_u16());
    let Some(value) = answer.headers().get(LOCATION) else {
        ledger.add([Finding::new(rule, answer.trace, what, "a URI", "absent")]);
        return None;
    };
    match resolve(&answer.uri, &String::from_utf8_lossy(value.as_bytes())) {
        Ok(uri) => {
            ledger.add(moved(answer, &what, &uri));
            Some(uri)
        }
        Err(error) => {
            ledger.add([Finding::new(rule, answer.trace, what, "a URI", error.to_string())]);
            None
        }
    }
}

/// The same host under another scheme (E01) or port (E02): a proxy in between was forgotten. Another host may be meant so.
fn moved(answer: &Answer, what: &str, uri: &Uri) -> Option<Finding> {
    let same_host = uri.host().zip(answer.uri.host()).is_some_and(|(there, here)| there.eq_ignore_ascii_case(here));
    if !same_host || same_origin(uri, &answer.uri) {
        return None;
    }
    let rule = if uri.scheme() == answer.uri.scheme() { "E02" } else { "E01" };
    let origin = |uri: &Uri| {
        format!("{}://{}", uri.scheme_str().unwrap_or_default(), uri.authority().map_or("", |a| a.as_str()))
    };
    Some(Finding::new(rule, answer.trace, what, origin(&answer.uri), origin(uri)))
}

/// `Range` of an answer about an upload that holds `size` bytes (CH8, CH16, D05, D06).
pub(crate) fn upload_range(answer: &Answer, rule: &'static str, size: u64) -> Option<Finding> {
    let what = format!("Range of the {}", answer.status().as_u16());
    let expected = UploadRange::of_size(size).to_string();
    let found = |rule, actual: String| Some(Finding::new(rule, answer.trace, what.clone(), expected.clone(), actual));
    let Some(value) = answer.headers().get(RANGE) else { return found(rule, "absent".into()) };
    let text = String::from_utf8_lossy(value.as_bytes());
    match text.parse::<UploadRange>() {
        Ok(range) if range.received().allows(size) => None,
        Ok(_) | Err(UploadRangeError::NotCumulative { .. }) => found("D06", text.into_owned()),
        Err(UploadRangeError::WithUnit { .. }) => found("D05", text.into_owned()),
        Err(UploadRangeError::Malformed { .. }) => found(rule, quote(&text)),
    }
}

/// A digest header that must be there and must name `expected`.
pub(crate) fn same_digest(
    rule: &'static str,
    trace: Option<TraceId>,
    what: &str,
    expected: &Digest,
    actual: Option<&Digest>,
) -> Option<Finding> {
    match actual {
        // Another algorithm may name the same content; only the body tells (D15).
        Some(actual) if actual.algorithm() != expected.algorithm() || actual == expected => None,
        Some(actual) => Some(Finding::new(rule, trace, what, expected.to_string(), actual.to_string())),
        // `head` has found that it is missing or malformed.
        None => None,
    }
}

/// `Docker-Content-Digest` of a GET: there (`missing`), and naming `expected` (`wrong`).
pub(crate) fn content_digest(
    answer: &Answer,
    missing: &'static str,
    wrong: &'static str,
    expected: &Digest,
) -> Option<Finding> {
    let what = format!("Docker-Content-Digest of {}", answer.method);
    if !answer.headers().contains_key("docker-content-digest") {
        return Some(Finding::new(missing, answer.trace, what, expected.to_string(), "absent"));
    }
    optional_digest(answer, wrong, expected)
}

/// `Docker-Content-Digest` where it may be absent, but must not be wrong.
pub(crate) fn optional_digest(answer: &Answer, wrong: &'static str, expected: &Digest) -> Option<Finding> {
    let value = answer.headers().get("docker-content-digest")?;
    let what = format!("Docker-Content-Digest of {}", answer.method);
    let text = String::from_utf8_lossy(value.as_bytes());
    match text.parse::<Digest>() {
        Ok(actual) => same_digest(wrong, answer.trace, &what, expected, Some(&actual)),
        Err(error) => Some(Finding::new(wrong, answer.trace, what, expected.to_string(), error.to_string())),
    }
}

/// HEAD of content that exists: digest, length and type are told (EX2, EX3, I12), and nothing encodes the content (E07). A store that
/// the registry redirected to (not its `own` answer) knows of no digest.
pub(crate) fn head(answer: &Answer, own: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    match answer.headers().get("docker-content-digest") {
        None if !own => {}
        None => findings.push(Finding::new("EX2", answer.trace, "Docker-Content-Digest of HEAD", "a digest", "absent")),
        Some(value) => {
            let text = String::from_utf8_lossy(value.as_bytes());
            if let Err(error) = text.parse::<Digest>() {
                findings.push(Finding::new(
                    "EX2",
                    answer.trace,
                    "Docker-Content-Digest of HEAD",
                    "a digest",
                    error.to_string(),
                ));
            }
        }
    }
    if answer.content_length().is_none() {
        findings.push(Finding::new("EX3", answer.trace, "Content-Length of HEAD", "the size", "absent"));
    }
    if !answer.headers().contains_key(CONTENT_TYPE) {
        findings.push(Finding::new("I12", answer.trace, "Content-Type of HEAD", "a media type", "absent"));
    }
    findings.extend(encoded(answer));
    findings
}

/// A `Content-Encoding` that nobody asked for (E07).
fn encoded(answer: &Answer) -> Option<Finding> {
    let value = answer.headers().get(CONTENT_ENCODING)?;
    let text = String::from_utf8_lossy(value.as_bytes());
    (text != "identity")
        .then(|| Finding::new("E07", answer.trace, "Content-Encoding", "identity, as asked for", quote(&text)))
}

#[cfg(test)]
mod tests {
    use http::{Method, Response};
    use shakedown_wire::Body;

    use super::*;
    use crate::session::Hop;

    fn answer(headers: &[(&'static str, &str)]) -> Answer {
        let mut response = Response::new(Body::empty());
        for (name, value) in headers {
            response.headers_mut().append(*name, value.parse().unwrap());
        }
        *response.status_mut() = http::StatusCode::ACCEPTED;
        let hop = Hop::new(Method::PATCH, "http://a.test/v2/x/blobs/uploads/".parse().unwrap());
        Answer::new(response, &hop, None, std::time::Duration::from_secs(1))
    }

    fn range_rule(value: &str, size: u64) -> Option<&'static str> {
        upload_range(&answer(&[("range", value)]), "CH8", size).map(|finding| finding.rule)
    }

    #[test]
    fn ranges_of_uploads() {
        assert_eq!(range_rule("0-99", 100), None);
        assert_eq!(range_rule("0-0", 0), None);
        assert_eq!(range_rule("0-0", 1), None);
        assert_eq!(range_rule("0-0", 2), Some("D06"));
        assert_eq!(range_rule("0-100", 100), Some("D06"));
        assert_eq!(range_rule("50-99", 100), Some("D06"));
        assert_eq!(range_rule("bytes=0-99", 100), Some("D05"));
        assert_eq!(range_rule("all", 100), Some("CH8"));
        assert_eq!(
            upload_range(&answer(&[]), "CH8", 1).unwrap().to_string(),
            "CH8: Range of the 202: expected 0-0, got absent"
        );
    }

    #[test]
    fn locations_are_resolved_or_found_missing() {
        let ledger = Ledger::default();
        assert_eq!(location(&answer(&[("location", "/y")]), "PP1", &ledger).unwrap(), "http://a.test/y");
        assert_eq!(location(&answer(&[]), "PP1", &ledger), None);
        assert_eq!(location(&answer(&[("location", "http://")]), "PP1", &ledger), None);
        assert!(location(&answer(&[("location", "https://A.test/y")]), "PP1", &ledger).is_some());
        assert!(location(&answer(&[("location", "http://a.test:5000/y")]), "PP1", &ledger).is_some());
        assert!(location(&answer(&[("location", "http://b.test/y")]), "PP1", &ledger).is_some());
        let rules: Vec<_> = ledger.finish::<()>(Ok(())).findings.iter().map(|finding| finding.rule).collect();
        assert_eq!(rules, ["PP1", "PP1", "E01", "E02"]);
    }

    #[test]
    fn digests_of_another_algorithm_are_left_to_the_body() {
        let expected = Digest::of(b"x");
        let with =
            |value: &str| optional_digest(&answer(&[("docker-content-digest", value)]), "PB3", &expected).is_some();
        assert!(!with(&expected.to_string()));
        assert!(!with(&Digest::with(shakedown_oci::Algorithm::Sha512, b"y").to_string()));
        assert!(with(&Digest::of(b"y").to_string()));
        assert!(with("sha256:x"));
        assert!(optional_digest(&answer(&[]), "PB3", &expected).is_none());
        assert_eq!(content_digest(&answer(&[]), "PB2", "PB3", &expected).unwrap().rule, "PB2");
        assert_eq!(head(&answer(&[("content-encoding", "gzip")]), true).len(), 4);
        assert_eq!(head(&answer(&[("content-encoding", "gzip")]), false).len(), 3);
    }
}
