//! The answer came, but too late.

use shakedown_reports::{Blame, Call, Party};

use super::Rule;
use super::case::Case;
use super::symptom::Symptom;
use super::ticket::about;

pub(super) const RULE: Rule = Rule { id: "storage-slow", judge };

fn judge(case: &Case<'_>) -> Option<Blame> {
    if case.check.what != "time" {
        return None;
    }
    let slow = |at: usize| {
        let call = &case.calls[at];
        call.end_us.unwrap_or(call.start_us).saturating_sub(call.start_us)
    };
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
    let took_us = |call: &Call| call.end_us.unwrap_or(call.start_us).saturating_sub(call.start_us);
    let own = case.call().map_or(0, took_us);
    let mostly_storage = slow(at) * 2 > own;
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
