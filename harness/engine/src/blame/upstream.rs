//! The upstream of a pull-through cache was in trouble, or was asked too much (H04-H08). What the cache then answers is its own: trouble that
//! it tells as trouble is the upstream's, trouble that it tells as absence or as content is the cache's.

use shakedown_reports::{Blame, Call, Party};

use super::Rule;
use super::case::{Case, answered, path};
use crate::forward::FORWARD_PROXY;
use crate::world::UPSTREAM_CALLS;

pub(super) const RULE: Rule = Rule { id: "upstream", judge };

fn judge(case: &Case<'_>) -> Option<Blame> {
    if case.check.at == UPSTREAM_CALLS {
        let check = case.check;
        let why = format!("the registry asked its upstream otherwise than it must: {}", check.what);
        let blame =
            case.registry(why, "one transfer serves all who wait for it, and what is here is not fetched again");
        let last = case.calls.iter().rposition(Call::is_for_upstream);
        return Some(match last {
            Some(at) if blame.evidence.is_empty() => blame.with_evidence(at, "is one of them"),
            _ => blame,
        });
    }
    let (focus, call) = (case.focus?, case.call()?);
    let asked = |call: &Call| call.is_for_upstream() && call.caused_by == Some(focus);
    let is_ill = |call: &Call| {
        let absent = call.status == Some(404) && call.faults.is_empty();
        !absent && (!call.faults.is_empty() || call.error.is_some() || call.status.is_none_or(|status| status >= 400))
    };
    let ill = case.calls.iter().position(|call| asked(call) && is_ill(call))?;
    let trouble = answered(&case.calls[ill]);
    let (party, whose) = match case.calls[ill].to.as_str() {
        FORWARD_PROXY => (Party::ForwardProxy, "the forward proxy before the upstream:"),
        _ => (Party::Upstream, "the upstream's"),
    };
    let has_had = |earlier: &Call| {
        earlier.is_client() && earlier.method == "GET" && earlier.status == Some(200) && path(earlier) == path(call)
    };
    // A broken connection says that something is wrong, too, unless bytes of another came before it.
    let told = matches!(call.status, Some(403 | 429 | 500..=599))
        || (call.error.is_some() && case.check.what != "body")
        || (call.status == Some(404) && case.calls[ill].status == Some(404));
    let blame = if case.calls[..focus].iter().any(has_had) {
        let why = format!("{whose} {trouble}, and the registry has not kept what it had fetched before");
        let fix = "serve what is cached while the upstream is away, and let nothing go that is still linked";
        case.blame(Party::Registry, Some(party), why, fix)
    } else if told && case.wants_success() {
        let why = format!("{whose} {trouble}, and what is not cached can be had nowhere else");
        case.blame(party, None, why, "look at the upstream, and at what stands before it")
    } else {
        let why = format!("{whose} {trouble}; the registry made its own of it: {}", case.answered());
        let fix = "pass 429 and 503 on, answer other trouble with 502 or 504, and take nothing for content without its digest";
        case.blame(Party::Registry, Some(party), why, fix)
    };
    Some(blame.with_evidence(ill, "was the answer from there"))
}
