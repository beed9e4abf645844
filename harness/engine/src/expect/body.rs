//! Checks of a body: size, digest, text, JSON, and the error codes of the specification's error body (`code-1` to `code-14`).

use serde_json::Value;
use shakedown_scenario::OneOrMany;
use shakedown_scenario::expect::{BodyExpect, Matcher, MatcherKind};

use super::{Checks, Seen, describe, holds};

/// The `code` of each entry of an error body; empty if the body is none.
pub(crate) fn error_codes(body: &[u8]) -> Vec<String> {
    let Ok(json) = serde_json::from_slice::<Value>(body) else { return Vec::new() };
    let Some(errors) = json.get("errors").and_then(Value::as_array) else { return Vec::new() };
    errors.iter().filter_map(|error| Some(error.get("code")?.as_str()?.to_owned())).collect()
}

/// One of the wanted codes must be in the error body.
pub(super) fn check_code(wanted: &OneOrMany<String>, seen: &Seen, checks: &mut Checks) {
    let codes = error_codes(&seen.body);
    let held = wanted.iter().any(|code| codes.contains(code));
    let expected = wanted.iter().cloned().collect::<Vec<_>>().join(" or ");
    let actual = if codes.is_empty() { format!("no error code in {}", excerpt(&seen.body)) } else { codes.join(", ") };
    checks.note(held, "error code", expected, actual);
}

/// Evaluates all parts.
pub(super) fn check_body(
    wanted: &BodyExpect,
    seen: &Seen,
    checks: &mut Checks,
    fill: &dyn Fn(&str) -> Result<String, String>,
) -> Result<(), String> {
    if let Some(size) = wanted.size {
        checks.note(seen.bytes == size.0, "body size", size.to_string(), format!("{}B", seen.bytes));
    }
    if let Some(digest) = &wanted.digest {
        let digest = fill(digest)?;
        checks.note(seen.digest == digest, "body digest", digest, seen.digest.clone());
    }
    if let Some(part) = &wanted.contains {
        let part = fill(part)?;
        checks.note(holds_text(&seen.body, &part), "body", format!("contains `{part}`"), excerpt(&seen.body));
    }
    for part in wanted.lacks.iter() {
        let part = fill(part)?;
        checks.note(!holds_text(&seen.body, &part), "body", format!("does not contain `{part}`"), excerpt(&seen.body));
    }
    if wanted.json.is_empty() {
        return Ok(());
    }
    let json = serde_json::from_slice::<Value>(&seen.body).ok();
    // What may be absent is absent from a body that is no JSON.
    let optional = |matcher: &Matcher| matches!(matcher, Matcher::Kind(MatcherKind::AbsentOrMatches(_)));
    let Some(json) = json.or_else(|| wanted.json.values().all(optional).then_some(Value::Null)) else {
        checks.note(false, "body", "JSON", excerpt(&seen.body));
        return Ok(());
    };
    for (pointer, matcher) in &wanted.json {
        let value = json.pointer(pointer).map(as_text);
        let held = holds(matcher, value.as_deref(), fill)?;
        let actual = value.unwrap_or_else(|| "absent".to_owned());
        checks.note(held, &format!("json {pointer}"), describe(matcher, fill), actual);
    }
    Ok(())
}

/// Whether the bytes hold this text; bodies need not be UTF-8.
fn holds_text(body: &[u8], part: &str) -> bool {
    String::from_utf8_lossy(body).contains(part)
}

/// A JSON value as the text that files compare with: strings without quotes.
pub(crate) fn as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The first 120 characters, on one line.
pub(crate) fn excerpt(body: &[u8]) -> String {
    if body.is_empty() {
        return "an empty body".to_owned();
    }
    let text = String::from_utf8_lossy(&body[..body.len().min(480)]);
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(120).collect();
    format!("`{}`", line.trim())
}
