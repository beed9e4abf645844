//! Storage answered that it was done, and did nothing (A08, A14, A15); or it gave other bytes than it holds.

use shakedown_reports::{Blame, Party};

use super::Rule;
use super::case::Case;
use super::symptom::Symptom;
use super::ticket::about;

pub(super) const RULE: Rule = Rule { id: "storage-lied", judge };

fn judge(case: &Case<'_>) -> Option<Blame> {
    let (at, _) = case.first(&[Symptom::NotApplied, Symptom::Corrupt])?;
    let call = &case.calls[at];
    let operation = call.operation.as_deref().unwrap_or("a call");
    let reads = ["Get", "Head", "List"].iter().any(|verb| operation.starts_with(verb));
    let ticket = Some(about(call, if reads { "the bytes that were stored" } else { "an error, or what was asked" }));
    if reads && call.key_class.as_deref() == Some("blob-data") {
        // A blob is streamed: by the time its digest is known the head is sent. Clients verify for this reason (PB5).
        let why = format!("storage answered {operation} of a blob with other bytes than it holds");
        return Some(Blame { ticket, ..case.blame(case.behind(at), None, why, "") }.with_evidence(at, "not the blob"));
    }
    let why = if !reads {
        format!("storage answered {operation} {} and did nothing", call.status.unwrap_or_default())
    } else {
        format!("storage answered {operation} with other bytes than it holds")
    };
    let cause = case.cause_of(at);
    let acknowledged = cause.is_some_and(|call| call.status.is_some_and(|status| status < 300));
    let honest = case.status().is_some_and(|status| status >= 500);
    // Nothing of the client's was lost with a session that is not there.
    let only_a_session = call.key_class.as_deref() == Some("started-at") && !case.was_acknowledged();
    if (honest && case.wants_success() && !acknowledged) || only_a_session {
        let blame = case.blame(case.behind(at), None, format!("{why}; the registry noticed and said so"), "");
        return Some(Blame { ticket, ..blame }.with_evidence(at, "this is not true"));
    }
    let method = cause.map_or("a request", |call| call.method.as_str());
    let why = format!("{why}; the registry acknowledged {method} without looking");
    let fix = "check ETag and size after a write or copy, and read links back before 201";
    let blame = case.blame(Party::Registry, Some(case.behind(at)), why, fix);
    Some(Blame { ticket, ..blame }.with_evidence(at, "this is not true"))
}
