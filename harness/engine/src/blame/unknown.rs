//! The evidence does not say.

use shakedown_reports::{Blame, Party};

use super::Rule;
use super::case::Case;

pub(super) const RULE: Rule = Rule { id: "unknown", judge };

fn judge(case: &Case<'_>) -> Option<Blame> {
    let why = format!(
        "{} is {}, expected {}; the calls do not show why",
        case.check.what, case.check.actual, case.check.expected
    );
    let struck = case.related.iter().copied().find(|&at| !case.calls[at].faults.is_empty());
    let blame = case.blame(Party::Unknown, None, why, "");
    Some(match struck {
        Some(at) => blame.with_evidence(at, "struck by a fault"),
        None => blame,
    })
}
