//! Storage did not delete something, and the registry failed a request that had done its work (A16).

use shakedown_reports::Blame;

use super::Rule;
use super::case::{Case, answered};

pub(super) const RULE: Rule = Rule { id: "cleanup-failed-the-request", judge };

fn judge(case: &Case<'_>) -> Option<Blame> {
    let focus = case.focus.filter(|_| case.status().is_some_and(|status| status >= 400))?;
    let is_cleanup = |at: usize| {
        matches!(case.calls[at].operation.as_deref(), Some("DeleteObject" | "DeleteObjects" | "AbortMultipartUpload"))
    };
    let own: Vec<usize> =
        case.symptoms.iter().map(|(at, _)| *at).filter(|&at| case.calls[at].caused_by == Some(focus)).collect();
    // A delete that the client asked for is no clean-up.
    let asked_for = case.calls[focus].method == "DELETE";
    let &at = own.first().filter(|_| !asked_for && own.iter().all(|&at| is_cleanup(at)))?;
    let why = format!(
        "only the clean-up failed ({}), and the registry failed the whole request: {}",
        answered(&case.calls[at]),
        case.answered()
    );
    let fix = "answer what was done, and leave the garbage to the purge of old uploads";
    Some(case.registry(why, fix).with_evidence(at, "not deleted"))
}
