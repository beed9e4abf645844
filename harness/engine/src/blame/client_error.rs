//! The client broke a rule of its own: it gave its credentials away, or did not send what it had announced.

use shakedown_reports::{Blame, Call, Party};

use super::Rule;
use super::case::{Case, header};

pub(super) const RULE: Rule = Rule { id: "client-error", judge };

fn judge(case: &Case<'_>) -> Option<Blame> {
    let focus = case.focus?;
    let is_led = |at: &usize| *at == focus || case.calls[*at].caused_by == Some(focus);
    if let Some(at) = (0..case.calls.len()).filter(is_led).find(|at| leaks_authorization(&case.calls[*at])) {
        let why =
            "the client sent its Authorization to another host, which refuses a request with two ways of signing (AP2)";
        let blame = case.blame(Party::Client, None, why, "drop Authorization when a redirect leads to another host");
        return Some(blame.with_evidence(at, "with Authorization"));
    }
    let call = case.call().filter(|call| !call.request_body.complete && call.request_body.bytes > 0)?;
    let refused = call.status.is_some_and(|status| matches!(status, 400 | 408 | 411 | 413 | 416));
    let why = format!("the client broke off after {} bytes of its request", call.request_body.bytes);
    (refused && case.storage_behaved())
        .then(|| case.blame(Party::Client, None, why, "send as many bytes as Content-Length says (SP1)"))
}

/// A redirected call that is signed in its query and still carries Authorization.
pub(super) fn leaks_authorization(call: &Call) -> bool {
    call.is_redirected() && call.uri.contains("X-Amz-") && header(&call.request_headers, "authorization").is_some()
}
