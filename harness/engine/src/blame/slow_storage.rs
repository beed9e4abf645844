//! The answer came, but too late.

use shakedown_reports::{Blame, Call, Party};

use super::Rule;
use super::case::Case;
use super::symptom::{Symptom, struck_by};
use super::ticket::about;

pub(super) const RULE: Rule = Rule { id: "storage-slow", judge };

fn took_us(call: &Call) -> u64 {
    call.end_us.unwrap_or(call.start_us).saturating_sub(call.start_us)
}

fn judge(case: &Case<'_>) -> Option<Blame> {
    if case.check.what == "end" {
        return never_ended(case);
    }
    if case.check.what != "time" {
        return None;
    }
    let slow = |at: usize| took_us(&case.calls[at]);
    let front = (0..case.calls.len()).filter(|&at| case.calls[at].is_client() && !case.calls[at].faults.is_empty());
    if let Some(at) = front.max_by_key(|&at| slow(at)) {
        let why =
            format!("what stands before the registry is slow: {} took {} ms", case.calls[at].method, slow(at) / 1000);
        return Some(case.blame(Party::Gateway, None, why, "").with_evidence(at, "slow before the registry"));
    }
    let at = case
        .first(&[Symptom::Slow])
        .map(|(at, _)| at)
        .or_else(|| case.related.iter().copied().max_by_key(|&at| slow(at)))?;
    let call = &case.calls[at];
    let operation = call.operation.as_deref().unwrap_or("a call");
    let took = format!("{} took {} ms", operation, slow(at) / 1000);
    if operation.starts_with("List") {
        let why = format!("the registry lists where it need not, and waits for it: {took}");
        let blame =
            case.blame(Party::Registry, Some(Party::Storage), why, "keep listings out of the way of pushes and pulls");
        return Some(blame.with_evidence(at, &took));
    }
    // Storage calls of the call that was late, or of all if no single one was.
    let of = |call: &Call| case.focus.is_none() || call.caused_by == case.focus;
    let storage = case
        .calls
        .iter()
        .filter(|call| !call.is_client() && !call.is_behind_gateway() && call.to != "webhook" && of(call));
    let clients = case.calls.iter().filter(|call| call.is_client()).map(took_us).sum();
    let own: u64 = case.call().map_or(clients, took_us);
    let mostly_storage = slow(at).max(storage.map(took_us).sum()) * 2 > own;
    let party = if mostly_storage { Party::Storage } else { Party::Registry };
    let why = if mostly_storage {
        format!("storage is slow: {took}")
    } else {
        "the time was spent in the registry, not in storage".to_owned()
    };
    let blame = case.blame(party, None, why, "");
    Some(if mostly_storage {
        Blame { ticket: Some(about(call, "an answer in time")), ..blame }.with_evidence(at, &took)
    } else {
        blame
    })
}

/// The run was given up while an answer was still on its way to the client, held up by a fault before the registry. Without such a fault the
/// calls do not show who was waited for.
fn never_ended(case: &Case<'_>) -> Option<Blame> {
    let on_its_way = |call: &Call| call.end_us.is_none() || !call.response_body.complete;
    let held_up = |call: &Call| call.is_client() && struck_by(call, Symptom::Slow) && on_its_way(call);
    let at = case.calls.iter().rposition(held_up)?;
    let call = &case.calls[at];
    let fault = call.faults.first().map(|fault| fault.summary.as_str()).unwrap_or_default();
    let why = format!("what stands before the registry {fault}: the answer to {} had not ended", call.method);
    Some(
        case.blame(Party::Gateway, None, why, "look at what stands between clients and the registry")
            .with_evidence(at, "still on its way"),
    )
}
