//! The gateway before the registry, or the forward proxy of its clients, made something else of the exchange: both of its sides are there, and
//! they differ (E02 to E08, E10, D02).

use shakedown_reports::{Blame, Call, Party};

use super::Rule;
use super::case::{Case, answered, header};
use crate::forward::FORWARD_PROXY;
use crate::gateway::authority_of;

pub(super) const RULE: Rule = Rule { id: "gateway-changed-the-exchange", judge };

fn judge(case: &Case<'_>) -> Option<Blame> {
    let focus = case.focus?;
    let outer = &case.calls[focus];
    let between = between(outer)?;
    let name = between.name();
    // "Come back later" is an answer that clients live with.
    let patient = matches!(outer.status, Some(429 | 503)) && case.tries_of_client() < super::front_fault::PATIENCE;
    let inner = case.calls.iter().position(|call| call.caused_by == Some(focus) && call.is_behind_gateway());
    let Some(inner) = inner else {
        if let Some(blame) = led_astray(case, focus) {
            return Some(blame);
        }
        let alone = outer.note.as_deref().filter(|note| note.starts_with("answered itself"));
        let alone = alone.map(str::to_owned).or_else(|| outer.faults.first().map(|fault| fault.summary.clone()));
        let why = format!("the registry never saw this request: the {name} {}", alone.filter(|_| !patient)?);
        let fix = format!("see what the {name} is told to do with this path, size or body");
        return Some(case.blame(between, None, why, &fix));
    };
    if patient {
        return None;
    }
    if let Some(blame) = sent_back(case, outer, inner) {
        return Some(blame);
    }
    let Some(changed) = difference(name, outer, &case.calls[inner]) else { return led_astray(case, focus) };
    let ticket = format!("{} The registry itself: {}.", sentence(&changed), answered(&case.calls[inner]));
    let blame = case.blame(between, None, changed, &format!("let the {name} pass this through unchanged"));
    Some(Blame { ticket: Some(ticket), ..blame }.with_evidence(inner, &format!("on the other side of the {name}")))
}

/// Who stands between a client and the registry, if anybody does.
fn between(outer: &Call) -> Option<Party> {
    match outer.to.as_str() {
        "gateway" => Some(Party::Gateway),
        FORWARD_PROXY => Some(Party::ForwardProxy),
        _ => None,
    }
}

/// The call that failed is where the gateway had sent the client, unasked.
fn led_astray(case: &Case<'_>, focus: usize) -> Option<Blame> {
    let here = super::case::path(&case.calls[focus]);
    let sent_here = |call: &Call| {
        let location = header(&call.response_headers, "location").unwrap_or_default();
        call.to == "gateway"
            && matches!(call.status, Some(301 | 302 | 303 | 307 | 308))
            && call.note.as_deref().is_some_and(|note| note.starts_with("answered itself"))
            && crate::trace::path_of(location).split('?').next() == Some(here)
    };
    let at = case.calls[..focus].iter().rposition(sent_here)?;
    let why = format!("the gateway sent the client on to {here} itself, and the registry knows no such request");
    Some(
        case.blame(Party::Gateway, None, why, "let the gateway pass paths on as they come")
            .with_evidence(at, "sent away"),
    )
}

/// The gateway changed the path, and the registry sends the client to the path that it came by: it ends where it began. The gateway is told what
/// to do with paths; a registry that knows both spellings, or says that it knows only one, is not led in circles.
fn sent_back(case: &Case<'_>, outer: &Call, inner: usize) -> Option<Blame> {
    let call = &case.calls[inner];
    let (came_by, arrived_as) = (super::case::path(outer), super::case::path(call));
    let redirects = matches!(call.status, Some(301 | 302 | 303 | 307 | 308));
    let location = header(&call.response_headers, "location").filter(|_| redirects)?;
    let back = crate::trace::path_of(location).split('?').next() == Some(came_by) && came_by != arrived_as;
    let why = format!("the registry sends the client from {arrived_as} back to {came_by}, which is where it came from");
    let fix = "take both spellings of the path, or answer 404 or 405 to the one that is not known";
    back.then(|| case.blame(Party::Registry, Some(Party::Gateway), why, fix).with_evidence(inner, "sent back"))
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

/// The first thing that is not the same on both sides, the request first.
fn difference(name: &str, outer: &Call, inner: &Call) -> Option<String> {
    let path = |call: &Call| crate::trace::path_of(&call.uri).to_owned();
    let host =
        |call: &Call| header(&call.request_headers, "host").unwrap_or_else(|| authority_of(&call.uri)).to_owned();
    let changed = |what: &str, from: String, to: String| {
        (from != to).then(|| format!("the {name} sent {what} `{from}` on as `{to}`"))
    };
    let bare = |call: &Call| path(call).split('?').next().unwrap_or_default().to_owned();
    let asked = changed("the method", outer.method.clone(), inner.method.clone())
        .or_else(|| changed("the path", bare(outer), bare(inner)))
        .or_else(|| (path(outer) != path(inner)).then(|| format!("the {name} dropped the query of the request")))
        .or_else(|| changed("Host", host(outer), host(inner)));
    if asked.is_some() {
        return asked;
    }
    let names_somebody = |call: &Call| header(&call.request_headers, "authorization").is_some();
    if names_somebody(outer) && !names_somebody(inner) {
        return Some(format!("the {name} did not send Authorization on"));
    }
    if outer.status != inner.status || outer.error.is_some() != inner.error.is_some() {
        return Some(format!(
            "the {name} turned what the registry said ({}) into another answer ({})",
            answered(inner),
            answered(outer)
        ));
    }
    if outer.response_body.digest != inner.response_body.digest {
        return Some(format!("the {name} put another body in the place of the registry's"));
    }
    let names = outer.response_headers.iter().chain(&inner.response_headers).map(|(line, _)| line.to_ascii_lowercase());
    let of = |call: &Call, line: &str| header(&call.response_headers, line).unwrap_or("none").to_owned();
    names
        .into_iter()
        .find(|line| line != "via" && of(outer, line) != of(inner, line))
        .map(|line| format!("the {name} turned {line} `{}` into `{}`", of(inner, &line), of(outer, &line)))
}
