//! Something is left in the bucket that nobody will ever use (A16).

use shakedown_reports::{Blame, Call, Party};

use super::Rule;
use super::case::{Case, answered};
use super::symptom::Symptom;
use super::ticket::about;

pub(super) const RULE: Rule = Rule { id: "garbage-left", judge };

fn judge(case: &Case<'_>) -> Option<Blame> {
    if !matches!(case.check.what.as_str(), "no-orphan-uploads" | "no-leaked-bytes") {
        return None;
    }
    let left = format!("{}: {}", case.check.at, case.check.actual);
    let is_cleanup = |call: &Call| {
        matches!(call.operation.as_deref(), Some("DeleteObject" | "DeleteObjects" | "AbortMultipartUpload"))
    };
    let wrong = case.symptoms.iter().filter(|(_, symptom)| *symptom != Symptom::Slow).map(|(at, _)| *at);
    let refused = wrong.filter(|&at| is_cleanup(&case.calls[at])).find(|&at| !case.recovered(at));
    if let Some(at) = refused {
        let why = format!("the registry wanted to clean up, but {}; left: {left}", answered(&case.calls[at]));
        let blame = case.blame(
            Party::Storage,
            None,
            why,
            "let a purge job abort old uploads and remove old upload directories",
        );
        return Some(Blame { ticket: Some(about(&case.calls[at], "204")), ..blame }.with_evidence(at, "not deleted"));
    }
    let doubled = |call: &Call| call.faults.iter().any(|fault| fault.effect == "duplicate");
    if let Some(at) = case.related.iter().copied().find(|&at| doubled(&case.calls[at])) {
        let why = format!("one request was carried out twice, and nobody knows of the second time; left: {left}");
        let fix = "a balancer must not repeat a request that is not idempotent; a purge job removes what it left";
        let blame = case.blame(case.behind(at), None, why, fix);
        return Some(Blame { ticket: Some(about(&case.calls[at], "once")), ..blame }.with_evidence(at, "done twice"));
    }
    // What made the registry lose sight of its upload tells more than what was left.
    let blinded = [Symptom::HardPage, Symptom::WrongPage, Symptom::Late, Symptom::NotApplied, Symptom::NotS3Success];
    if case.first(&blinded).is_some() {
        return None;
    }
    let fix = "remove the upload directory and abort its multipart upload when a session ends, whichever way it ends";
    Some(case.registry(format!("the registry left garbage behind: {left}"), fix))
}
