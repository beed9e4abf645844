//! The registry sent the client to the store, and the store does not serve it there (C01, C03, C04).

use shakedown_reports::{Blame, Party};

use super::Rule;
use super::case::Case;
use super::ticket::about;
use crate::trace::error_code;

pub(super) const RULE: Rule = Rule { id: "redirect-refused", judge };

fn judge(case: &Case<'_>) -> Option<Blame> {
    // The failed check may speak of the call that was redirected, or of the one that followed.
    let focus = case.focus?;
    let follows =
        |at: &usize| case.calls[*at].is_redirected() && (*at == focus || case.calls[*at].caused_by == Some(focus));
    let refused = |at: &usize| case.calls[*at].status.is_none_or(|status| status >= 400);
    let at = (0..case.calls.len()).filter(follows).find(refused)?;
    let call = &case.calls[at];
    if super::client_error::leaks_authorization(call) {
        return None;
    }
    let reason = match (call.status, error_code(&call.response_body.excerpt)) {
        (None, _) => "the client cannot reach it".to_owned(),
        (_, Some("SignatureDoesNotMatch")) => "it sees another host or method than was signed".to_owned(),
        (_, Some("AccessDenied" | "RequestExpired")) | (Some(403), None) => {
            "it refuses signed requests of clients".to_owned()
        }
        (Some(status), _) => format!("it answers {status}"),
    };
    let why = format!(
        "the registry sends the client to the store, and {reason}: the client sees no answer of the registry at all"
    );
    let fix = "switch redirects off (`storage.redirect.disable: true`), or give the registry an endpoint that clients can use";
    let mut blame = case.blame(Party::Registry, Some(case.behind(at)), why, fix);
    blame.ticket = Some(about(call, "200 with the object: the request was signed by the registry a moment before"));
    blame.evidence.retain(|evidence| evidence.call != at);
    let blame = blame.with_evidence(at, "the client, at the store");
    Some(match call.caused_by {
        Some(sender) if sender != focus => blame.with_evidence(sender, "sent away"),
        _ => blame,
    })
}
