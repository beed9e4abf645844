//! A text for the other team's ticket: the call as it was, what came, what should have come.

use std::fmt::Write;

use shakedown_reports::Call;

use super::case::{answered, header, path};

/// Longest excerpt of a body.
const EXCERPT: usize = 160;

/// About one storage call.
pub(super) fn about(call: &Call, should: &str) -> String {
    let mut text = format!("{}.\n", answered(call));
    let query = call.uri.split_once('?').map_or(String::new(), |(_, query)| format!("?{query}"));
    line(&mut text, "request", &format!("{} {}{query}", call.method, path(call)));
    if let Some(key) = call.key.as_ref().filter(|key| !key.is_empty()) {
        line(&mut text, "key", key);
    }
    for name in ["x-amz-request-id", "server", "content-type"] {
        if let Some(value) = header(&call.response_headers, name) {
            line(&mut text, name, value);
        }
    }
    let body = &call.response_body;
    if body.bytes > 0 {
        let excerpt: String =
            body.excerpt.chars().take(EXCERPT).map(|c| if c.is_control() { ' ' } else { c }).collect();
        line(&mut text, &format!("body, {} bytes", body.bytes), excerpt.trim());
    }
    line(&mut text, "expected", should);
    text
}

fn line(text: &mut String, label: &str, value: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{label}: {value}");
}
