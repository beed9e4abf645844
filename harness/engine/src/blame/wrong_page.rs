//! A listing in pages, wrong or only hard, that the registry did not survive (A03, A04, A06, A17).

use shakedown_reports::{Blame, Party};

use super::Rule;
use super::case::Case;
use super::symptom::Symptom;
use super::ticket::about;

pub(super) const RULE: Rule = Rule { id: "storage-page-wrong", judge };

fn judge(case: &Case<'_>) -> Option<Blame> {
    // With a foreign upload the fault strikes the create; the listing is where it shows.
    let (at, symptom) = case.first(&[Symptom::WrongPage]).or_else(|| case.first(&[Symptom::HardPage]))?;
    let call = &case.calls[at];
    let summary = call.faults.first().map_or_else(|| "gives a wrong page".to_owned(), |fault| fault.summary.clone());
    let fix = "keep the upload id in the session instead of looking for it; read all pages of a listing, and stop when its marker does not move";
    let why = format!("the store {summary}, and the registry goes by that listing: {}", case.answered());
    if symptom == Symptom::HardPage {
        return Some(case.registry(why, fix).with_evidence(at, "S3 may answer so"));
    }
    let blame = if case.asks_for_a_list() && !case.was_acknowledged() {
        case.blame(case.behind(at), None, format!("the store {summary}, so the registry has nothing to list from"), "")
    } else {
        case.blame(Party::Registry, Some(case.behind(at)), why, fix)
    };
    let ticket = about(call, "pages that end, each with a marker that moves on, of what the prefix asks for");
    Some(Blame { ticket: Some(ticket), ..blame }.with_evidence(at, "a wrong page"))
}
