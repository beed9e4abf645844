//! A cache before the registry repeated an error that it had kept: the registry's word on caching decides who is to blame (C08).

use shakedown_reports::{Blame, Call, Party};

use super::Rule;
use super::case::{Case, header, path};

pub(super) const RULE: Rule = Rule { id: "error-kept-by-a-cache", judge };

fn judge(case: &Case<'_>) -> Option<Blame> {
    let focus = case.focus?;
    let repeated = &case.calls[focus];
    let is_error = |call: &Call| call.to == "gateway" && call.status.is_some_and(|status| status >= 400);
    if !is_error(repeated) || !is_from_a_cache(repeated) {
        return None;
    }
    let is_first = |call: &Call| is_error(call) && path(call) == path(repeated) && !is_from_a_cache(call);
    let first = case.calls[..focus].iter().rposition(is_first)?;
    let said = header(&case.calls[first].response_headers, "cache-control").unwrap_or_default().to_ascii_lowercase();
    let forbade = ["no-store", "no-cache", "private"].iter().any(|word| said.contains(word));
    let status = repeated.status.unwrap_or_default();
    let blame = if forbade {
        let why = format!("the cache before the registry repeated a {status} that the registry had forbidden to keep");
        case.blame(Party::Gateway, None, why, "let the cache respect Cache-Control, or keep no errors at all")
    } else {
        let why = format!(
            "a cache before the registry repeated a {status} of before the push: the registry had not forbidden to keep it"
        );
        case.blame(Party::Registry, Some(Party::Gateway), why, "send `Cache-Control: no-store` with every error")
    };
    Some(blame.with_evidence(first, "the answer that was kept"))
}

/// As our gateway notes it, and as any cache says it (RFC 9111 section 5.1).
fn is_from_a_cache(call: &Call) -> bool {
    call.note.as_deref().is_some_and(|note| note.contains("from its cache"))
        || header(&call.response_headers, "age").is_some()
}
