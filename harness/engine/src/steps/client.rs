//! What the high-level steps share: the client's policy, its findings as checks, and how a call ended.

use std::time::Duration;

use shakedown_client::{CallPolicy, ClientError, Finding, Outcome as Called, PushBlob, PushMode, RetryPolicy};
use shakedown_oci::{Habit, Level, Rule};
use shakedown_reports::{Check, Verdict};
use shakedown_scenario::Span;
use shakedown_scenario::steps::{ClientHabit, Mode, Outcome};
use shakedown_wire::{TraceId, WireError};

use super::Done;
use crate::expect::{Checks, Ended, check_outcome, check_within};
use crate::stage::Stage;

/// How often a step waits where a 429 says for how long.
pub(crate) const WAITS: u32 = 5;

/// The client of a step that may try again `retries` times. Where faults strike before the registry, their answers are what the step is
/// about: nothing is waited for.
pub(super) fn policy(stage: &Stage, retries: u32) -> CallPolicy {
    CallPolicy {
        retry: if retries == 0 { RetryPolicy::none() } else { RetryPolicy::times(retries) },
        waits: if stage.world.has_front_faults() { 0 } else { WAITS },
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

/// How a client of this kind pushes a blob, and how often it tries again.
pub(super) fn habits(habit: ClientHabit) -> (PushBlob, u32) {
    let streamed = PushBlob { mode: PushMode::Streamed, head_first: true, ..PushBlob::default() };
    match habit {
        ClientHabit::Docker => (PushBlob { verify: true, new_session: true, ..streamed }, 4),
        ClientHabit::Containerd => (PushBlob { mode: PushMode::Monolithic, ..streamed }, 0),
        ClientHabit::Skopeo | ClientHabit::Jib => (streamed, 0),
        ClientHabit::Crane => (PushBlob { new_session: true, ..streamed }, 2),
    }
}

/// The client's findings (what must always hold) as checks. A SHOULD does not fail a scenario, nor does the mark of an incident
/// that the scenario is not about (B13 stands in most error bodies of some registries), nor anything where somebody else than the
/// registry may have made the answer.
pub(super) fn findings(stage: &Stage, findings: &[Finding], at: &str) -> Vec<(Check, Option<TraceId>)> {
    let is_registry = !stage.world.has_front_faults();
    let binding = |finding: &Finding| match Rule::find(finding.rule) {
        Some(rule) => rule.level_in(stage.version).is_some_and(Level::is_binding),
        None => stage.seen.iter().any(|seen| seen == finding.rule),
    };
    let as_check = |finding: &Finding| {
        let check = Check {
            rules: vec![finding.rule.to_owned()],
            what: finding.what.clone(),
            expected: finding.expected.clone(),
            actual: finding.actual.clone(),
            at: at.to_owned(),
            verdict: if is_registry && binding(finding) { Verdict::Failed } else { Verdict::Inconclusive },
            duty: String::new(),
            call: None,
        };
        (check, finding.trace)
    };
    // A habit is remarked on where it is the registry that lacks it.
    let counts = |finding: &&Finding| is_registry || Habit::find(finding.rule).is_none();
    findings.iter().filter(counts).map(as_check).collect()
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

/// Judges how a call ended. `Err` says that the registry is not there.
pub(crate) fn judge_end<T>(
    stage: &Stage,
    at: &str,
    rules: &[String],
    outcome: &Outcome,
    called: &Called<T>,
) -> Result<Checks, String> {
    let trace = match &called.result {
        Err(error) => error.trace().or(called.traces.last().copied()),
        Ok(_) => None,
    };
    let mut checks = Checks::at(at, rules, trace);
    match (check_outcome(outcome, &ended(called), &mut checks), &called.result) {
        (false, Err(error)) if is_gone(stage, error) => Err(error.to_string()),
        _ => Ok(checks),
    }
}

/// Judges a push, pull or blob step.
pub(super) fn judge<T>(stage: &Stage, expected: &Expected<'_>, called: &Called<T>, took: Duration) -> Done {
    let mut checks = match judge_end(stage, &expected.at, &stage.spec, expected.outcome, called) {
        Ok(checks) => checks,
        Err(gone) => return Done::error(gone),
    };
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
