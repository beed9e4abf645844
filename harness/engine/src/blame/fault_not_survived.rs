//! A fault struck storage, and what the registry made of it is not what was expected: the fault is the provocation.

use shakedown_reports::{Blame, Party};

use super::Rule;
use super::case::Case;
use super::ticket::about;

pub(super) const RULE: Rule = Rule { id: "fault-not-survived", judge };

/// Tries after which a registry may give up.
const PATIENCE: usize = 3;

fn judge(case: &Case<'_>) -> Option<Blame> {
    let focus = case.focus?;
    let struck = |at: &&usize| !case.calls[**at].faults.is_empty();
    let own = case.related.iter().filter(struck).find(|at| case.calls[**at].caused_by == Some(focus));
    let &at = own.or_else(|| case.related.iter().find(struck))?;
    let summary = &case.calls[at].faults[0].summary;
    let why = format!("the store {summary}; the registry made of it: {}", case.answered());
    // It tried again, and said in the end that it could not.
    let nothing_better = case.is_honest() && case.tries(at) >= PATIENCE;
    let blame = if nothing_better {
        case.blame(case.behind(at), None, why, "")
    } else {
        case.blame(Party::Registry, Some(case.behind(at)), why, "")
    };
    Some(Blame { ticket: Some(about(&case.calls[at], "S3's answer")), ..blame }.with_evidence(at, "struck here"))
}
