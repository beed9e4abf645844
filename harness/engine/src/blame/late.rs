//! What was written is not seen by a listing or a read (A01, A05, A07, A09), or is seen as it was before (A02).

use shakedown_reports::{Blame, Call, Party};

use super::Rule;
use super::case::{Case, listed_prefix};
use super::symptom::{Symptom, struck_by};
use super::ticket::about;

pub(super) const RULE: Rule = Rule { id: "storage-listed-late", judge };

/// Looks after which a registry may take what it sees for the truth.
const PATIENCE: usize = 3;

fn judge(case: &Case<'_>) -> Option<Blame> {
    let all: Vec<usize> =
        case.symptoms.iter().filter(|(_, symptom)| *symptom == Symptom::Late).map(|(at, _)| *at).collect();
    let is_read = |call: &Call| {
        let operation = call.operation.as_deref().unwrap_or_default();
        // A copy reads its source.
        let misses_source = operation.contains("Copy") && call.status == Some(404);
        operation.starts_with("List") || operation.starts_with("Get") || operation.starts_with("Head") || misses_source
    };
    let writer = all.iter().copied().find(|&at| !is_read(&case.calls[at]));
    let reader = all.iter().copied().find(|&at| is_read(&case.calls[at])).or_else(|| {
        // The fault says that something was hidden; the look that missed it is the failed call's own.
        let hidden = case.calls[writer?].key.as_deref();
        let missed = |call: &Call| {
            let lists = listed_prefix(call).zip(hidden).is_some_and(|(prefix, hidden)| hidden.starts_with(prefix));
            is_read(call) && (call.key.as_deref() == hidden || lists)
        };
        case.related.iter().copied().find(|&at| missed(&case.calls[at]))
    })?;
    let (what, fix) = match case.calls[reader].operation.as_deref() {
        Some("ListMultipartUploads") => (
            "the registry finds its upload by listing, and the store had not listed it yet",
            "keep the upload id in the session, or look again until a deadline, then 404 BLOB_UPLOAD_UNKNOWN or 503 with Retry-After",
        ),
        Some("ListParts") => (
            "the registry asks the store which parts there are, and the store had not listed them yet",
            "keep number and ETag of each part in the session",
        ),
        Some("ListObjects" | "ListObjectsV2") => (
            "the registry looks for an object by listing, and the store had not listed it yet",
            "use HeadObject, or look again until a deadline",
        ),
        _ => (
            "the store does not yet show what it has acknowledged, and the registry looked only once",
            "look again until a short deadline, or keep the state in the upload's URL",
        ),
    };
    let never = writer
        .is_some_and(|at| case.calls[at].faults.iter().any(|fault| fault.summary.contains("never shows it in reads")));
    let why = match case.status() {
        Some(status @ 500..) => format!("{what}; a {status} tells the client nothing"),
        Some(404) if case.call().is_some_and(|call| call.uri.contains("/blobs/uploads/")) => {
            format!("{what}; the 404 makes the client give up a session that is alive")
        }
        Some(404) => format!("{what}; the 404 says that it does not exist"),
        _ => format!("{what}: {}", case.answered()),
    };
    let ticket = about(
        &case.calls[reader],
        "what the store had acknowledged before: S3 is strongly consistent, listings included",
    );
    // Who looked again and again, and then said so, could do no more.
    let patient = case.tries(reader) >= PATIENCE && (case.is_honest() || case.status() == Some(404));
    let lists = case.calls[reader].operation.as_deref().is_some_and(|operation| operation.starts_with("List"));
    let patient = !lists && (patient || case.asks_for_patience());
    let blame = if never {
        case.blame(Party::Storage, None, what, "")
    } else if case.asks_for_a_list() && !case.was_acknowledged() {
        case.blame(case.behind(reader), None, "the store does not list yet what it has acknowledged", "")
    } else if patient {
        let tries = case.tries(reader);
        let why = format!("the store does not show what it has acknowledged, and the registry looked {tries} times");
        case.blame(case.behind(reader), None, why, "")
    } else {
        case.blame(Party::Registry, Some(Party::Storage), why, fix)
    };
    let by_fault = writer.is_some() || struck_by(&case.calls[reader], Symptom::Late);
    let blame = Blame { ticket: Some(ticket), ..blame };
    let blame =
        blame.with_evidence(reader, if by_fault { "hidden by the fault" } else { "written before, and missing here" });
    Some(match writer {
        Some(writer) => blame.with_evidence(writer, "written here"),
        None => blame,
    })
}
