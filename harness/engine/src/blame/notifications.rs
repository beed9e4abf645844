//! A webhook sink was not told what it must have been told, or more often than once, or a client waited until it was told (J05).

use shakedown_reports::{Blame, Call, Party};

use super::Rule;
use super::case::Case;

pub(super) const RULE: Rule = Rule { id: "notification-missing", judge };

fn judge(case: &Case<'_>) -> Option<Blame> {
    let check = case.check;
    if check.what == "time" {
        return waited_for(case);
    }
    if !check.at.ends_with("webhook") {
        return None;
    }
    let why = format!("the webhook sink has taken {} of {}, expected {}", check.actual, check.what, check.expected);
    let fix =
        "keep events in a bounded queue until the endpoint has taken them, and try again: no request may wait for it";
    Some(case.blame(Party::Registry, None, why, fix))
}

/// A client's call was late, and within it the registry posted to its sink for most of the time.
fn waited_for(case: &Case<'_>) -> Option<Blame> {
    let took_us = |call: &Call| call.end_us.unwrap_or(call.start_us).saturating_sub(call.start_us);
    let is_post = |at: &usize| case.calls[*at].to == "webhook" && case.calls[*at].caused_by.is_some();
    let at = (0..case.calls.len()).filter(is_post).max_by_key(|&at| took_us(&case.calls[at]))?;
    let within = &case.calls[case.calls[at].caused_by?];
    if took_us(&case.calls[at]) * 2 < took_us(within) {
        return None;
    }
    let why =
        format!("{} waited until the webhook sink was told: {} ms", within.method, took_us(&case.calls[at]) / 1000);
    let fix = "answer first; leave events in a bounded queue, and let a task of its own tell the sink";
    Some(case.blame(Party::Registry, None, why, fix).with_evidence(at, "was waited for"))
}
