//! The registry acknowledged something that is not there.

use shakedown_reports::{Blame, Party};

use super::Rule;
use super::case::Case;

pub(super) const RULE: Rule = Rule { id: "acknowledged-is-missing", judge };

fn judge(case: &Case<'_>) -> Option<Blame> {
    let check = case.check;
    if !matches!(check.what.as_str(), "acknowledged-is-readable" | "every-tag-resolves") {
        return None;
    }
    let why = format!("the registry said 201, but {}", check.actual);
    let fix = "write link and data before the answer, data first, and look at the answer of each write";
    let struck = case.related.iter().copied().find(|&at| !case.calls[at].faults.is_empty());
    Some(match struck {
        Some(at) => case.blame(Party::Registry, Some(case.behind(at)), why, fix).with_evidence(at, "struck by a fault"),
        None => case.registry(why, fix),
    })
}
