//! Checks of answers that are errors: shape and codes of the body (ER1, ER2, ER4), `Retry-After` (ER5), the challenge of a 401,
//! and whether the store shows through (B13).

use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, StatusCode};
use shakedown_oci::{ErrorBody, ErrorBodyError, MediaType};
use shakedown_wire::TraceId;

use super::leak::leak;
use crate::Finding;
use crate::excerpt::{excerpt, is_html};

/// Everything that is wrong with an error answer; `body` is its body or the beginning of it. Empty for other statuses.
pub fn error_answer(status: StatusCode, headers: &HeaderMap, body: &[u8], trace: Option<TraceId>) -> Vec<Finding> {
    if !status.is_client_error() && !status.is_server_error() {
        return Vec::new();
    }
    let mut findings = Vec::new();
    if status == StatusCode::TOO_MANY_REQUESTS && !headers.contains_key(RETRY_AFTER) {
        findings.push(Finding::new("ER5", trace, "Retry-After of the 429", "a time to wait", "absent"));
    }
    if status == StatusCode::UNAUTHORIZED && !headers.contains_key(WWW_AUTHENTICATE) {
        findings.push(Finding::new("AP1", trace, "WWW-Authenticate of the 401", "at least one challenge", "absent"));
    }
    findings.extend(shape(status, headers, body, trace));
    if let Some(what) = leak(&String::from_utf8_lossy(body)) {
        let where_ = format!("body of the {}", status.as_u16());
        findings.push(Finding::new("B13", trace, where_, "nothing of the store's inside", what));
    }
    findings
}

/// A body is optional and need not be JSON, but JSON has the shape (ER1), and HTML is never the registry's own answer (B01).
fn shape(status: StatusCode, headers: &HeaderMap, body: &[u8], trace: Option<TraceId>) -> Vec<Finding> {
    let what = format!("body of the {}", status.as_u16());
    let content_type: Option<MediaType> = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()?.parse().ok());
    let says_json = content_type.is_some_and(|media_type| media_type.is_json());
    let looks_json = body.iter().find(|b| !b.is_ascii_whitespace()).is_some_and(|b| matches!(b, b'{' | b'['));
    if body.is_empty() || !(says_json || looks_json) {
        let html = is_html(&String::from_utf8_lossy(&body[..body.len().min(1024)]));
        let found = || Finding::new("HB1", trace, what, "an errors[] body", excerpt(body));
        return html.then(found).into_iter().collect();
    }
    match ErrorBody::parse(body) {
        Err(error @ ErrorBodyError::Code { .. }) => {
            vec![Finding::new("ER2", trace, what, "a code of A-Z and _", error.to_string())]
        }
        Err(error) => vec![Finding::new(
            "ER1",
            trace,
            what,
            "{\"errors\":[{\"code\",\"message\",\"detail\"}]}",
            error.to_string(),
        )],
        Ok(errors) => {
            let outside =
                errors.errors.iter().filter(|entry| !entry.known().is_some_and(|code| code.in_specification()));
            // Codes for server errors are not in the table, and no other would be true.
            let outside = outside.filter(|entry| !(status.is_server_error() && entry.known().is_some()));
            let unreadable = errors
                .errors
                .iter()
                .map(|entry| &entry.message)
                .filter(|message| !message.is_empty())
                .filter(|message| !message.contains(char::is_alphabetic));
            let codes = outside.map(|entry| {
                let code = shakedown_oci::quote(&entry.code);
                Finding::new("ER4", trace, format!("code in the {what}"), "one of the specification's table", code)
            });
            let messages = unreadable.map(|message| {
                Finding::new("ER3", trace, format!("message in the {what}"), "words", shakedown_oci::quote(message))
            });
            codes.chain(messages).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(status: u16, headers: &[(&'static str, &str)], body: &str) -> Vec<&'static str> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        let status = StatusCode::from_u16(status).unwrap();
        error_answer(status, &map, body.as_bytes(), None).into_iter().map(|finding| finding.rule).collect()
    }

    #[test]
    fn good_error_answers_have_no_findings() {
        assert!(rules(404, &[], "").is_empty());
        assert!(rules(404, &[], "not here").is_empty());
        assert!(rules(404, &[], r#"{"errors":[{"code":"BLOB_UNKNOWN","message":"x"}]}"#).is_empty());
        assert!(rules(500, &[], r#"{"errors":[{"code":"UNKNOWN","message":"x"}]}"#).is_empty());
        assert!(rules(429, &[("retry-after", "1")], "").is_empty());
        assert!(rules(401, &[("www-authenticate", "Basic")], "").is_empty());
        assert!(rules(200, &[("content-type", "application/json")], "<html>").is_empty());
    }

    #[test]
    fn bad_error_answers_are_found() {
        assert_eq!(rules(404, &[("content-type", "application/json")], "oops"), ["ER1"]);
        assert_eq!(rules(404, &[], r#"{"error":"x"}"#), ["ER1"]);
        assert_eq!(rules(404, &[], "<html><title>404</title>"), ["HB1"]);
        assert_eq!(rules(404, &[], r#"{"errors":[{"code":"BLOB_UNKNOWN","message":" "}]}"#), ["ER3"]);
        assert_eq!(rules(404, &[], r#"{"errors":[{"code":"not found"}]}"#), ["ER2"]);
        assert_eq!(rules(416, &[], r#"{"errors":[{"code":"RANGE_INVALID"}]}"#), ["ER4"]);
        assert_eq!(rules(500, &[], r#"{"errors":[{"code":"MADE_UP"}]}"#), ["ER4"]);
        assert_eq!(rules(429, &[], ""), ["ER5"]);
        assert_eq!(rules(401, &[], ""), ["AP1"]);
        assert_eq!(rules(500, &[], r#"{"errors":[{"code":"UNKNOWN","detail":"s3aws: Path not found"}]}"#), ["B13"]);
    }
}
