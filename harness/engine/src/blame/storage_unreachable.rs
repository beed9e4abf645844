//! The registry's storage is not there.

use shakedown_reports::{Blame, Party};

use super::Rule;
use super::case::Case;
use super::symptom::Symptom;
use super::ticket::about;

pub(super) const RULE: Rule = Rule { id: "storage-unreachable", judge };

fn judge(case: &Case<'_>) -> Option<Blame> {
    let (at, _) = case.first(&[Symptom::Unreachable])?;
    let call = &case.calls[at];
    let why = format!("the registry cannot reach its storage: {}", call.error.as_deref().unwrap_or("no answer"));
    let blame = case.blame(Party::Storage, None, why, "start the store, or correct the registry's `regionendpoint`");
    Some(Blame { ticket: Some(about(call, "an answer")), ..blame }.with_evidence(at, "nobody listens"))
}
