//! Storage misjudged the condition of a write: it took one that did not hold, or refused one that did (seen of Ceph 16.2). Who writes first is
//! then not decided (I08 and its like).

use shakedown_reports::Blame;

use super::Rule;
use super::case::Case;
use super::symptom::Symptom;
use super::ticket::about;

pub(super) const RULE: Rule = Rule { id: "storage-misjudged-condition", judge };

fn judge(case: &Case<'_>) -> Option<Blame> {
    let (at, _) = case.first(&[Symptom::WrongCondition])?;
    let call = &case.calls[at];
    let refused = call.status == Some(412);
    let (what, due) = if refused {
        ("storage refused a write under an If-Match that held", "200: the object was the one that If-Match names")
    } else {
        ("storage took two writes of one key under the same If-Match", "412: the object was another one already")
    };
    let why = format!("{what}, so the registry cannot tell whether it writes alone");
    let fix = "let the registry run as one instance, or use a store with conditional writes";
    let blame = case.blame(case.behind(at), None, why, fix);
    Some(Blame { ticket: Some(about(call, due)), ..blame }.with_evidence(at, "the condition was misjudged"))
}
