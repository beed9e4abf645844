//! The connection to storage broke (A08, A11, B05): that happens to everybody.

use shakedown_reports::{Blame, Party};

use super::Rule;
use super::case::Case;
use super::symptom::Symptom;
use super::ticket::about;

pub(super) const RULE: Rule = Rule { id: "storage-connection-lost", judge };

/// Breaks in a row after which a registry may give up.
const PATIENCE: usize = 3;

fn judge(case: &Case<'_>) -> Option<Blame> {
    let (at, _) = case.first(&[Symptom::Lost])?;
    if case.recovered(at) {
        return None;
    }
    let call = &case.calls[at];
    let operation = call.operation.as_deref().unwrap_or("a call");
    let breaks = case
        .symptoms
        .iter()
        .filter(|(other, symptom)| *symptom == Symptom::Lost && case.calls[*other].caused_by == call.caused_by);
    let breaks = breaks.count();
    if breaks >= PATIENCE && case.wants_success() && case.status().is_some_and(|status| status >= 500) {
        let why = format!("storage broke the connection {breaks} times within one request");
        let blame = case.blame(case.behind(at), None, why, "");
        return Some(Blame { ticket: Some(about(call, "a whole answer")), ..blame }.with_evidence(at, "broken off"));
    }
    let done = call.faults.iter().any(|fault| fault.effect == "lost-reply");
    let what = if done {
        format!("storage did {operation}, but its reply was lost")
    } else {
        format!("storage broke the connection under {operation}")
    };
    let why = format!("{what}; the registry made of it: {}", case.answered());
    let fix = if done {
        "when the repeated call says that there is nothing to do (NoSuchUpload), look whether the object stands with the right size"
    } else {
        "try a broken call again, after a look whether it was done; if it cannot be repeated, break the answer off visibly or answer 503"
    };
    Some(case.blame(Party::Registry, None, why, fix).with_evidence(at, "may happen at any time"))
}
