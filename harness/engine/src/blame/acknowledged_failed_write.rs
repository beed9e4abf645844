//! The registry acknowledged a client call although storage had refused its write (A08): the bytes are lost.

use shakedown_reports::Blame;

use super::Rule;
use super::case::{Case, answered};

pub(super) const RULE: Rule = Rule { id: "registry-acknowledged-failed-write", judge };

fn judge(case: &Case<'_>) -> Option<Blame> {
    let at = case.related.iter().copied().find(|&at| {
        let call = &case.calls[at];
        let is_write = matches!(
            call.operation.as_deref(),
            Some("PutObject" | "UploadPart" | "UploadPartCopy" | "CopyObject" | "CompleteMultipartUpload")
        );
        let failed = call.error.is_some() || call.status.is_none_or(|status| status >= 400);
        let acknowledged = case.cause_of(at).is_some_and(|cause| {
            matches!(cause.method.as_str(), "POST" | "PATCH" | "PUT") && cause.status.is_some_and(|status| status < 300)
        });
        // A stored hash state only saves work.
        let matters = call.key_class.as_deref() != Some("hash-state");
        is_write && matters && failed && acknowledged && !case.recovered(at) && !stands_anyway(case, at)
    })?;
    let (call, cause) = (&case.calls[at], case.calls[at].caused_by?);
    let why = format!("{}, but {}: the bytes were never stored", answered(&case.calls[cause]), answered(call));
    let fix = "look at the result of the last write of a request before it is answered, and answer 5xx with the session at its old offset";
    let blame = case.registry(why, fix).with_evidence(at, "this write failed");
    Some(if case.focus == Some(cause) { blame } else { blame.with_evidence(cause, "and was acknowledged") })
}

/// A Complete whose reply was lost may have been done: then a look at the object found it (A11).
fn stands_anyway(case: &Case<'_>, at: usize) -> bool {
    let call = &case.calls[at];
    case.calls[at + 1..].iter().any(|later| {
        later.caused_by == call.caused_by
            && matches!(later.operation.as_deref(), Some("HeadObject" | "ListObjects" | "ListObjectsV2"))
            && later.key == call.key
            && later.status == Some(200)
    })
}
