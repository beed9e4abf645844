//! Checks of one HTTP answer.

use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use shakedown_scenario::expect::{Expect, Lost, StatusSet};
use shakedown_wire::WireError;

use super::{Checks, body, describe, holds};

/// One answer as it was seen; the body by count, digest and its first bytes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    /// Status, if a head came.
    pub(crate) status: Option<u16>,
    /// Header lines.
    pub(crate) headers: HeaderMap,
    /// The body, cut at the engine's limit.
    pub(crate) body: Bytes,
    /// Bytes that arrived.
    pub(crate) bytes: u64,
    /// `sha256:<hex>` of the bytes that arrived.
    pub(crate) digest: String,
    /// From the first byte sent to the last byte seen.
    pub(crate) took: Duration,
    /// What came instead of the answer or of its end.
    pub(crate) error: Option<WireError>,
}

/// Evaluates all parts of `expect`.
///
/// # Errors
/// A pattern or variable that cannot be used: the file's mistake.
pub(crate) fn check_answer(
    expect: &Expect,
    seen: &Seen,
    checks: &mut Checks,
    fill: &dyn Fn(&str) -> Result<String, String>,
) -> Result<(), String> {
    if !expect.rule.is_empty() {
        checks.rules = expect.rule.iter().cloned().collect();
    }
    if !connection(expect.connection, seen, checks) {
        return Ok(());
    }
    check_parts(expect, seen, checks, fill)?;
    if !expect.one_of.is_empty() {
        one_of(&expect.one_of, seen, checks, fill)?;
    }
    if let Some(within) = expect.within {
        checks.note(seen.took <= within.0, "time", format!("within {within}"), format!("{:?}", seen.took));
    }
    Ok(())
}

/// What fills in `${...}`.
type Fill<'a> = &'a dyn Fn(&str) -> Result<String, String>;

/// Status, headers, code and body.
fn check_parts(expect: &Expect, seen: &Seen, checks: &mut Checks, fill: Fill<'_>) -> Result<(), String> {
    if let Some(wanted) = &expect.status {
        status(wanted, seen.status, checks);
    }
    for (name, matcher) in &expect.headers {
        let value = seen.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let held = holds(matcher, value.as_deref(), fill)?;
        let actual = value.unwrap_or_else(|| "absent".to_owned());
        checks.note(held, &format!("header {name}"), describe(matcher, fill), actual);
    }
    if !expect.code.is_empty() {
        body::check_code(&expect.code, seen, checks);
    }
    if let Some(wanted) = &expect.body {
        body::check_body(wanted, seen, checks, fill)?;
    }
    Ok(())
}

/// The first answer in which everything holds; if there is none, what is wrong with the one that has the status, else the statuses.
fn one_of(answers: &[Expect], seen: &Seen, checks: &mut Checks, fill: Fill<'_>) -> Result<(), String> {
    let mut nearest: Option<Checks> = None;
    for answer in answers {
        let rules = if answer.rule.is_empty() { checks.rules.clone() } else { answer.rule.iter().cloned().collect() };
        let mut tried = Checks::at(checks.at.clone(), &rules, checks.trace);
        check_parts(answer, seen, &mut tried, fill)?;
        if tried.all_hold() {
            checks.list.append(&mut tried.list);
            return Ok(());
        }
        let has_status = seen.status.is_some_and(|status| answer.status.as_ref().is_none_or(|set| set.matches(status)));
        if has_status {
            nearest.get_or_insert(tried);
        }
    }
    match nearest {
        Some(mut nearest) => checks.list.append(&mut nearest.list),
        None => {
            let all = answers.iter().filter_map(|answer| answer.status.as_ref()).flat_map(|set| set.iter().copied());
            status(&shakedown_scenario::OneOrMany(all.collect()), seen.status, checks);
        }
    }
    Ok(())
}

/// Checks how the connection ended; false if there is nothing more to look at.
fn connection(expected: Option<Lost>, seen: &Seen, checks: &mut Checks) -> bool {
    let actual = match (&seen.error, seen.status) {
        (None, _) => "a whole answer".to_owned(),
        (Some(error), None) => error.to_string(),
        (Some(error), Some(status)) => format!("{status}, then {error}"),
    };
    match expected {
        None => {
            if seen.error.is_some() {
                checks.note(false, "answer", "a whole answer", actual);
            }
            seen.error.is_none()
        }
        Some(Lost::Lost) => {
            let lost = seen.error.as_ref().is_some_and(WireError::is_connection_lost);
            checks.note(lost, "connection", "lost before or within the answer", actual);
            false
        }
        Some(Lost::Truncated) => {
            let lost = seen.error.as_ref().is_some_and(WireError::is_connection_lost);
            checks.note(lost && seen.status.is_some(), "connection", "lost within the body", actual)
                && seen.status.is_some()
        }
    }
}

/// Checks one status.
pub(crate) fn status(wanted: &StatusSet, actual: Option<u16>, checks: &mut Checks) -> bool {
    let held = actual.is_some_and(|status| wanted.matches(status));
    let actual = actual.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
    checks.note(held, "status", describe_set(wanted), actual)
}

/// `202`, or `200 or 404`.
pub(crate) fn describe_set(set: &StatusSet) -> String {
    if set.is_empty() {
        return "any status".to_owned();
    }
    set.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
}
