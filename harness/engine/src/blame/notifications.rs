//! A webhook sink was not told what it must have been told, or more often than once (J05).

use shakedown_reports::{Blame, Party};

use super::Rule;
use super::case::Case;

pub(super) const RULE: Rule = Rule { id: "notification-missing", judge };

fn judge(case: &Case<'_>) -> Option<Blame> {
    let check = case.check;
    if !check.at.ends_with("webhook") {
        return None;
    }
    let why = format!("the webhook sink has taken {} of {}, expected {}", check.actual, check.what, check.expected);
    let fix =
        "keep events in a bounded queue until the endpoint has taken them, and try again: no request may wait for it";
    Some(case.blame(Party::Registry, None, why, fix))
}
