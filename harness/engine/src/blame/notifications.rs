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

/// A client's call was late, and for most of its time the registry was posting to its sink.
fn waited_for(case: &Case<'_>) -> Option<Blame> {
    let end_us = |call: &Call| call.end_us.unwrap_or(u64::MAX);
    let took_us = |call: &Call| end_us(call).saturating_sub(call.start_us);
    let posts = case.calls.iter().enumerate().filter(|(_, call)| call.to == "webhook");
    let (at, post) = posts.max_by_key(|(_, call)| took_us(call))?;
    let around = |call: &&Call| call.is_client() && call.start_us <= post.start_us && end_us(post) <= end_us(call);
    let late = case.calls.iter().find(around).filter(|late| took_us(post) > took_us(late) / 2)?;
    let why = format!("{} waited until the webhook sink was told, {} ms", late.method, took_us(post) / 1000);
    let fix = "answer first; leave events in a bounded queue, and let a task of its own tell the sink";
    Some(case.blame(Party::Registry, None, why, fix).with_evidence(at, "was waited for"))
}
