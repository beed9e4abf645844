//! A client library of Swift said that a large object is there although one of its segments had been refused (J02).

use shakedown_reports::{Blame, Call, Party};

use super::Rule;
use super::case::{Case, answered, path};

pub(super) const RULE: Rule = Rule { id: "refused-segment-ignored", judge };

fn judge(case: &Case<'_>) -> Option<Blame> {
    let focus = case.focus?;
    let call = &case.calls[focus];
    let object = path(call).rsplit('/').next()?;
    if call.to != "swift" || !matches!(call.status, Some(200 | 201)) {
        return None;
    }
    let is_segment = |call: &Call| {
        call.to == "swift" && call.method == "PUT" && path(call).contains(&format!("/segments/{object}/"))
    };
    let puts = || case.calls[..focus].iter().enumerate().filter(|(_, call)| is_segment(call));
    // The last word on each segment counts.
    let (refused, segment) = puts().rev().find(|(at, put)| {
        let is_last = !puts().any(|(later, other)| later > *at && path(other) == path(put));
        is_last && put.status != Some(201)
    })?;
    let why = format!(
        "the client put the manifest of a large object although a segment of it was not stored: {}",
        answered(segment)
    );
    let fix = "take nothing but 201 for stored, and put no manifest above a segment that is not there";
    Some(case.blame(Party::Client, Some(Party::Storage), why, fix).with_evidence(refused, "was not stored"))
}
