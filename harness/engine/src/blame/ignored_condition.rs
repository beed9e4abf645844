//! Storage took a conditional write whose condition did not hold: who writes first is then not decided (I08 and its like).

use shakedown_reports::Blame;

use super::Rule;
use super::case::Case;
use super::symptom::Symptom;
use super::ticket::about;

pub(super) const RULE: Rule = Rule { id: "storage-ignored-condition", judge };

fn judge(case: &Case<'_>) -> Option<Blame> {
    let (at, _) = case.first(&[Symptom::IgnoredCondition])?;
    let call = &case.calls[at];
    let operation = call.operation.as_deref().unwrap_or("a call");
    let why = format!(
        "storage took two {operation} of one key under the same If-Match, so both writers believe that they were alone"
    );
    let ticket = Some(about(call, "412 PreconditionFailed: the object was another one already"));
    let blame = case.blame(
        case.behind(at),
        None,
        why,
        "let the registry run as one instance, or use a store with conditional writes",
    );
    Some(Blame { ticket, ..blame }.with_evidence(at, "its condition did not hold"))
}
