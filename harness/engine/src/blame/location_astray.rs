//! A Location leads past the gateway: to another scheme, host or port than the client came by (E01, E02).

use shakedown_reports::{Blame, Call, Party};

use super::Rule;
use super::case::{Case, header};

pub(super) const RULE: Rule = Rule { id: "location-leads-past-the-gateway", judge };

fn judge(case: &Case<'_>) -> Option<Blame> {
    let focus = case.focus?;
    let (at, location) = (0..=focus).rev().find_map(|at| Some((at, astray(&case.calls[at])?)))?;
    let led_there = at == focus || bare(&case.calls[focus].uri) == bare(location);
    if !led_there {
        return None;
    }
    let sent = origin(&case.calls[at].uri);
    let behind = case.calls.iter().find(|call| call.caused_by == Some(at) && call.is_behind_gateway());
    let told = behind.is_none_or(|inner| header(&inner.request_headers, "x-forwarded-proto").is_some());
    let provoked = if told { None } else { Some(Party::Gateway) };
    let why = format!("the client came by {sent}, but Location names {}", origin(location));
    let fix = "write Location without scheme and host, or take them from X-Forwarded-Proto and X-Forwarded-Host";
    Some(case.blame(Party::Registry, provoked, why, fix).with_evidence(at, "Location"))
}

/// A 201 or 202 of the gateway's side whose Location has another origin than the request.
fn astray(call: &Call) -> Option<&str> {
    let accepted = call.to == "gateway" && matches!(call.status, Some(201 | 202));
    let location =
        header(&call.response_headers, "location").filter(|location| accepted && location.contains("://"))?;
    (origin(location) != origin(&call.uri)).then_some(location)
}

fn origin(uri: &str) -> &str {
    let after = uri.find("://").map_or(0, |at| at + 3);
    uri[after..].find('/').map_or(uri, |at| &uri[..after + at])
}

fn bare(uri: &str) -> &str {
    uri.split('?').next().unwrap_or(uri)
}
