//! What the high-level steps share: the client's policy, its findings as checks, and how a call ended.

use std::time::Duration;

use shakedown_client::{CallPolicy, ClientError, Finding, Outcome as Called, PushMode, RetryPolicy};
use shakedown_oci::{Level, Rule, Version};
use shakedown_reports::{Check, Verdict};
use shakedown_scenario::Span;
use shakedown_scenario::steps::{Mode, Outcome};
use shakedown_wire::{TraceId, WireError};

use super::Done;
use crate::expect::{Checks, Ended, check_outcome, check_within};
use crate::stage::Stage;

/// The client of a step that may try again `retries` times.
pub(super) fn policy(retries: u32) -> CallPolicy {
    CallPolicy {
        retry: if retries == 0 { RetryPolicy::none() } else { RetryPolicy::times(retries) },
        ..CallPolicy::single()
    }
}

/// How the client is told to upload.
pub(super) fn push_mode(mode: Mode) -> PushMode {
    match mode {
        Mode::Streamed => PushMode::Streamed,
        Mode::Monolithic => PushMode::Monolithic,
        Mode::SinglePost => PushMode::SinglePost,
        Mode::Chunked(size) => PushMode::Chunked { size: size.0 },
    }
}

/// The client's findings (what must always hold) as checks. A SHOULD does not fail a scenario, nor does the mark of an incident
/// that the scenario is not about (B13 stands in most error bodies of some registries).
pub(super) fn findings(stage: &Stage, findings: &[Finding], at: &str) -> Vec<(Check, Option<TraceId>)> {
    let binding = |finding: &Finding| match Rule::find(finding.rule) {
        Some(rule) => rule.level_in(Version::V1_1).is_some_and(Level::is_binding),
        None => stage.seen.iter().any(|seen| seen == finding.rule),
    };
    let as_check = |finding: &Finding| {
        let check = Check {
            rules: vec![finding.rule.to_owned()],
            what: finding.what.clone(),
            expected: finding.expected.clone(),
            actual: finding.actual.clone(),
            at: at.to_owned(),
            verdict: if binding(finding) { Verdict::Failed } else { Verdict::Inconclusive },
            call: None,
        };
        (check, finding.trace)
    };
    findings.iter().map(as_check).collect()
}

/// How a client call ended.
pub(super) fn ended<T>(called: &Called<T>) -> Ended {
    match &called.result {
        Ok(_) => Ended::Well,
        Err(error) => Ended::Badly { status: error.status(), reason: brief(&error.to_string()) },
    }
}

/// The client's words with URIs cut down to their paths: authority and session state are in the trace.
fn brief(reason: &str) -> String {
    let cut = |word: &str| {
        let Some((_, rest)) = word.split_once("://") else { return word.to_owned() };
        let path = rest.find('/').map_or("", |at| &rest[at..]);
        let tail = if word.ends_with(':') { ":" } else { "" };
        let path = path.split('?').next().unwrap_or(path).trim_end_matches(':');
        format!("{path}{tail}")
    };
    reason.split(' ').map(cut).collect::<Vec<_>>().join(" ")
}

/// True if the registry itself could not be reached: the environment's fault. A redirect into the void is the registry's.
pub(super) fn is_gone(stage: &Stage, error: &ClientError) -> bool {
    match error {
        ClientError::Wire {
            error: WireError::Refused { authority } | WireError::Resolve { authority, .. }, ..
        } => authority == stage.world.authority(),
        _ => false,
    }
}

/// What a step says about its end.
pub(super) struct Expected<'a> {
    /// Where, e.g. `push lab/app:1`.
    pub(super) at: String,
    /// How it must end.
    pub(super) outcome: &'a Outcome,
    /// Time limit.
    pub(super) within: Option<Span>,
}

/// Judges a push, pull or blob step.
pub(super) fn judge<T>(stage: &Stage, expected: &Expected<'_>, called: &Called<T>, took: Duration) -> Done {
    let trace = match &called.result {
        Err(error) => error.trace().or(called.traces.last().copied()),
        Ok(_) => None,
    };
    let mut checks = Checks::at(expected.at.clone(), &stage.spec, trace);
    let held = check_outcome(expected.outcome, &ended(called), &mut checks);
    if let (false, Err(error)) = (held, &called.result)
        && is_gone(stage, error)
    {
        return Done::error(error.to_string());
    }
    check_within(expected.within, took, &mut checks);
    checks.list.extend(findings(stage, &called.findings, &expected.at));
    Done::checked(checks.list)
}

#[cfg(test)]
mod tests {
    use super::brief;

    #[test]
    fn reasons_show_paths_and_no_session_state() {
        let long = "PATCH http://127.0.0.1:41/v2/a/blobs/uploads/9ac3?_state=abc&x=y: 500 Internal Server Error, UNKNOWN: it says: no";
        assert_eq!(brief(long), "PATCH /v2/a/blobs/uploads/9ac3: 500 Internal Server Error, UNKNOWN: it says: no");
        assert_eq!(brief("no URI here"), "no URI here");
    }
}
