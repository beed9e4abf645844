//! The token server did not give a token, or gives tokens that the registry does not believe (F01-F06).

use shakedown_reports::{Blame, Call, Party};

use super::Rule;
use super::case::{Case, header};

pub(super) const RULE: Rule = Rule { id: "token-service", judge };

/// Seconds by which clocks may differ: what registries forgive, docker-registry among them.
const LEEWAY: u64 = 60;

fn judge(case: &Case<'_>) -> Option<Blame> {
    let call = case.call().filter(|_| case.wants_success())?;
    if call.is_for_token() {
        let fault = call.faults.first().map(|fault| format!(" (it {})", fault.summary)).unwrap_or_default();
        let why = format!("{}{fault}; without a token the registry lets nobody in", how(call));
        return Some(case.blame(
            Party::TokenService,
            None,
            why,
            "look at the token server and at what stands behind it",
        ));
    }
    let refused = call.status == Some(401) && says(call, "invalid_token") && authorized(call);
    let issued =
        case.focus.and_then(|at| case.calls[..at].iter().rposition(|call| call.is_for_token() && is_good(call)));
    let issued = issued.filter(|_| refused)?;
    if let Some(seconds) = clocks_differ_by(&case.calls[issued]).filter(|seconds| *seconds <= LEEWAY) {
        let why = format!(
            "the token server's clock differs by {seconds} s, and the registry believes none of its tokens: it forgives nothing"
        );
        let fix = "allow a minute when `nbf`, `iat` and `exp` of a token are looked at";
        let blame = case.blame(Party::Registry, Some(Party::TokenService), why, fix);
        return Some(blame.with_evidence(issued, "gave the token"));
    }
    let why = "the token server gives tokens that the registry does not believe: clock, key, issuer or service differ";
    let fix =
        "compare both clocks, the registry's keys with the token server's, and `service` and `issuer` on both sides";
    Some(case.blame(Party::TokenService, None, why, fix).with_evidence(issued, "gave the token"))
}

/// Seconds by which the token server's clock is wrong, where it is a mock that says so.
fn clocks_differ_by(call: &Call) -> Option<u64> {
    call.note.as_deref()?.strip_prefix("its clock is ")?.split(' ').next()?.parse().ok()
}

fn how(call: &Call) -> String {
    match (call.status, &call.error) {
        (_, Some(error)) => format!("the token server did not answer: {error}"),
        (Some(status), _) if is_good(call) => format!("the token server answered {status} without a usable token"),
        (Some(status), _) => format!("the token server answered {status}"),
        (None, None) => "the token server did not answer".to_owned(),
    }
}

fn is_good(call: &Call) -> bool {
    call.status.is_some_and(|status| status < 300)
}

fn says(call: &Call, error: &str) -> bool {
    header(&call.response_headers, "www-authenticate").is_some_and(|challenge| challenge.contains(error))
}

fn authorized(call: &Call) -> bool {
    header(&call.request_headers, "authorization").is_some()
}
