//! More (or fewer, or other) calls to storage than allowed: the registry decides which calls it makes.

use shakedown_reports::{Blame, Party};

use super::Rule;
use super::case::Case;
use super::symptom::Symptom;

pub(super) const RULE: Rule = Rule { id: "request-budget", judge };

fn judge(case: &Case<'_>) -> Option<Blame> {
    let check = case.check;
    if !(check.what.starts_with("storage calls") || check.what == "storage-order") {
        return None;
    }
    let why =
        format!("the registry's calls to storage ({}): {}, expected {}", check.what, check.actual, check.expected);
    // A listing that never ends provokes endless calls; it is still the registry that goes on asking.
    if let Some((at, _)) = case.first(&[Symptom::WrongPage]) {
        let fix = "stop when the marker of a listing does not move, and answer 5xx";
        let blame = case.blame(Party::Registry, Some(case.behind(at)), why, fix);
        return Some(blame.with_evidence(at, "this page provokes it"));
    }
    Some(case.registry(why, "see which call causes them in the timeline of the report"))
}
