//! Storage asked for patience or failed for a moment: 429, 5xx (B05).

use shakedown_reports::{Blame, Party};

use super::Rule;
use super::case::Case;
use super::symptom::Symptom;
use super::ticket::about;

pub(super) const RULE: Rule = Rule { id: "storage-throttled", judge };

/// Tries after which a registry may give up.
const PATIENCE: usize = 3;

/// What to do instead.
const FIX: &str = "try again with a bounded back-off, then answer 503 with Retry-After (or 429 TOOMANYREQUESTS)";

fn judge(case: &Case<'_>) -> Option<Blame> {
    let (at, _) = case.first(&[Symptom::Throttled])?;
    if case.recovered(at) {
        return None;
    }
    let call = &case.calls[at];
    let (operation, status) = (call.operation.as_deref().unwrap_or("a call"), call.status.unwrap_or_default());
    let tries = case.tries(at);
    if case.wants_success() && tries >= PATIENCE && case.call().is_some_and(|call| call.status.is_none()) {
        let why =
            format!("storage answered {operation} {status}; the registry tried it {tries} times and never answered");
        let blame = case.blame(Party::Registry, Some(case.behind(at)), why, FIX);
        return Some(blame.with_evidence(at, "and again"));
    }
    let lasted = tries >= PATIENCE;
    if case.wants_success() && lasted && !case.was_acknowledged() && case.status() != Some(404) {
        let why = format!("storage answered {operation} {status} {tries} times in a row");
        let ticket = about(call, "a success after a few tries");
        let blame = case.blame(
            case.behind(at),
            None,
            why,
            "raise the store's limits, or let the registry push fewer layers at once",
        );
        return Some(Blame { ticket: Some(ticket), ..blame }.with_evidence(at, "and again"));
    }
    let why = if case.wants_success() && !lasted {
        let times = if tries == 1 { "after one try".to_owned() } else { format!("after {tries} tries") };
        format!("storage answered {operation} {status}, as S3 may for a moment; the registry gave up {times}")
    } else {
        format!("storage answered {operation} {status}; the registry made of it: {}", case.answered())
    };
    Some(case.blame(Party::Registry, None, why, FIX).with_evidence(at, "S3 may answer so"))
}
