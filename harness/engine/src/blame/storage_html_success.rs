//! Storage answered a success that is none of S3's: HTML, an empty body, another root, no ETag; or 200 with an error in the body
//! (A10, A13, A14, B06, B07, B08).

use shakedown_reports::{Blame, Party};

use super::Rule;
use super::case::{Case, answered};
use super::symptom::Symptom;
use super::ticket::about;

pub(super) const RULE: Rule = Rule { id: "storage-success-is-none", judge };

fn judge(case: &Case<'_>) -> Option<Blame> {
    let (at, symptom) = case.first(&[Symptom::NotS3Success, Symptom::ErrorInSuccess])?;
    let call = &case.calls[at];
    let operation = call.operation.as_deref().unwrap_or("a call");
    // S3 documents an error in a 200 for these; a registry must look.
    let legal = symptom == Symptom::ErrorInSuccess
        && matches!(operation, "CompleteMultipartUpload" | "CopyObject" | "UploadPartCopy" | "DeleteObjects");
    let what = match symptom {
        Symptom::ErrorInSuccess => "with an error in the body",
        _ if call.response_body.bytes == 0 => "without what S3 answers",
        _ => "with a body that is not S3's",
    };
    let wrong_etag = call.faults.iter().any(|fault| fault.effect == "wrong-etag");
    if wrong_etag && !case.was_acknowledged() {
        let why = format!("storage answered {operation} with an ETag that is not the object's: {}", case.answered());
        let blame = case.blame(case.behind(at), None, why, "");
        return Some(Blame { ticket: Some(ticket(case, at)), ..blame }.with_evidence(at, "another ETag"));
    }
    let took_it = case.was_acknowledged()
        || case.status() == Some(404)
        || case.call().is_some_and(|call| call.status.is_none())
        || case.cause_of(at).is_some_and(|cause| cause.status.is_some_and(|status| status < 300));
    let acted = if took_it {
        "the registry took it for what it should have been"
    } else if case.focus.is_none() {
        "the registry took it for done"
    } else if !case.wants_success() || legal {
        "the registry did not handle it as it should"
    } else {
        // An honest 5xx: nothing better was possible.
        let why = format!("storage answered {operation} 200 {what}, so the registry could not go on");
        let blame = case.blame(case.behind(at), None, why, "");
        return Some(Blame { ticket: Some(ticket(case, at)), ..blame }.with_evidence(at, "not an answer of S3"));
    };
    let why = format!("storage answered {operation} 200 {what}, and {acted}: {}", case.answered());
    let fix = "look at the answer's root element and ETag, and read back what was written before it is acknowledged";
    let provoked_by = if legal { None } else { Some(case.behind(at)) };
    let mut blame = case.blame(Party::Registry, provoked_by, why, fix);
    if !legal {
        blame.ticket = Some(ticket(case, at));
    }
    Some(blame.with_evidence(at, if legal { "an error, under 200" } else { "not an answer of S3" }))
}

fn ticket(case: &Case<'_>, at: usize) -> String {
    let call = &case.calls[at];
    about(
        call,
        &format!(
            "S3's answer of {}, or an error status; {} hides the failure",
            call.operation.as_deref().unwrap_or("the call"),
            answered(call)
        ),
    )
}
