//! What can be wrong with one storage call, seen in its answer, in the fault that struck it, or in what later calls found.

use shakedown_reports::{Call, FaultFired};

use super::case::header;
use crate::trace::error_code;

/// One thing that is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Symptom {
    /// Nobody listens, or the name does not resolve.
    Unreachable,
    /// The connection broke before or within the answer.
    Lost,
    /// An error whose body is not S3's.
    NotXmlError,
    /// A success whose body (or ETag) is not S3's.
    NotS3Success,
    /// 200 with an error in the body, as S3 documents it for Complete, Copy and DeleteObjects.
    ErrorInSuccess,
    /// 200, but nothing was done.
    NotApplied,
    /// 200 to a conditional write although its condition did not hold, or 412 although it did.
    WrongCondition,
    /// What was written is not seen by a read or a listing.
    Late,
    /// A page of a listing that S3 would not give.
    WrongPage,
    /// A listing that S3 may give, but that needs care: several pages, uploads of others.
    HardPage,
    /// 401 or 403.
    Refused,
    /// The key, its token, the clock or the region is wrong.
    BadCredentials,
    /// 429 or 5xx.
    Throttled,
    /// Another 4xx: a rule of this store was not kept.
    Strict,
    /// Bytes of an object are wrong, or are others than were asked for.
    Corrupt,
    /// Late answer.
    Slow,
}

/// Codes by which a store says that key, token, clock, region or bucket are wrong.
const CREDENTIAL_CODES: &[&str] = &[
    "ExpiredToken",
    "InvalidToken",
    "TokenRefreshRequired",
    "RequestTimeTooSkewed",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "AuthorizationHeaderMalformed",
    "PermanentRedirect",
    "NoSuchBucket",
];

/// All that is wrong with a storage call.
pub(super) fn symptoms(calls: &[Call], at: usize) -> Vec<Symptom> {
    let call = &calls[at];
    // What went wrong there is seen on the gateway's other side.
    if call.is_behind_gateway() {
        return Vec::new();
    }
    let mut found: Vec<Symptom> = call.faults.iter().flat_map(of_fault).collect();
    if call.faults.iter().any(|fault| fault.effect == "xml") {
        let lists = call.operation.as_deref().is_some_and(|operation| operation.starts_with("List"));
        found.push(if lists { Symptom::WrongPage } else { Symptom::NotS3Success });
    }
    if found.contains(&Symptom::Slow) && !call.response_body.complete && call.response_body.bytes > 0 {
        // So slow that the registry did not wait for the end.
        found.push(Symptom::Lost);
    }
    // A fault that is known to have struck says more than a guess from what else was seen.
    let missing = || if found.is_empty() { of_later_calls(calls, at) } else { None };
    let judged = || misjudges_condition(calls, at).then_some(Symptom::WrongCondition);
    if let Some(symptom) = of_answer(call).or_else(missing).or_else(judged) {
        found.retain(|other| *other != symptom);
        found.insert(0, symptom);
    }
    found
}

fn of_answer(call: &Call) -> Option<Symptom> {
    if let Some(error) = &call.error {
        let gone = ["connection refused", "cannot resolve", "TLS failed"].iter().any(|words| error.contains(words));
        return Some(if gone && call.faults.is_empty() { Symptom::Unreachable } else { Symptom::Lost });
    }
    match call.status? {
        ..300 => of_success(call),
        304 => None,
        // Kept from before what was asked for was written.
        404 if call.note.as_deref().is_some_and(|note| note.contains("from its cache")) => Some(Symptom::Late),
        status => of_error(call, status),
    }
}

fn of_error(call: &Call, status: u16) -> Option<Symptom> {
    let code = error_code(&call.response_body.excerpt);
    if code.is_some_and(|code| CREDENTIAL_CODES.contains(&code)) || matches!(status, 301 | 307) {
        return Some(Symptom::BadCredentials);
    }
    match status {
        401 | 403 => Some(Symptom::Refused),
        // Not implemented is for good, unlike other 5xx.
        501 => Some(Symptom::Strict),
        429 | 500.. => Some(Symptom::Throttled),
        _ if is_foreign_error(call, code) => Some(Symptom::NotXmlError),
        404 | 412 | 416 => None,
        _ => Some(Symptom::Strict),
    }
}

/// True if an error's body is not S3's. HEAD has none; there only the announced type can tell.
fn is_foreign_error(call: &Call, code: Option<&str>) -> bool {
    if call.method == "HEAD" {
        let kind = header(&call.response_headers, "content-type").unwrap_or_default();
        return kind.starts_with("text/html") || kind.starts_with("text/plain");
    }
    // A document that broke off, or that nobody read to its end, may have had its code in the rest.
    let cut = !call.response_body.complete && call.response_body.excerpt.trim_start().starts_with("<?xml");
    code.is_none() && !cut
}

fn of_success(call: &Call) -> Option<Symptom> {
    let asked = header(&call.request_headers, "accept-encoding").is_some_and(|accepted| accepted.contains("gzip"));
    if header(&call.response_headers, "content-encoding").is_some_and(|coding| coding == "gzip") && !asked {
        return Some(Symptom::Corrupt);
    }
    let body = call.response_body.excerpt.trim_start().trim_start_matches('\u{feff}');
    let is_html = || {
        let begin: String = body.chars().take(16).collect::<String>().to_ascii_lowercase();
        begin.starts_with("<html") || begin.starts_with("<!doctype html")
    };
    let operation = call.operation.as_deref()?;
    if error_code(body).is_some() && (body.starts_with("<Error") || !body.contains("Result")) {
        return Some(Symptom::ErrorInSuccess);
    }
    let root = match operation {
        "ListObjects" | "ListObjectsV2" => "ListBucketResult",
        "ListMultipartUploads" => "ListMultipartUploadsResult",
        "ListParts" => "ListPartsResult",
        "CreateMultipartUpload" => "InitiateMultipartUploadResult",
        "CompleteMultipartUpload" => "CompleteMultipartUploadResult",
        "CopyObject" => "CopyObjectResult",
        "UploadPartCopy" => "CopyPartResult",
        "DeleteObjects" => "DeleteResult",
        "PutObject" | "UploadPart" => {
            let no_etag = !call.response_headers.is_empty() && header(&call.response_headers, "etag").is_none();
            return (no_etag || is_html()).then_some(Symptom::NotS3Success);
        }
        "GetObject" => {
            let is_own = matches!(call.key_class.as_deref(), Some("link" | "manifest" | "tag" | "started-at"));
            return (is_own && is_html()).then_some(Symptom::NotS3Success);
        }
        _ => return None,
    };
    // A body that nobody read to its end says nothing.
    let readable = call.response_body.complete || !body.is_empty();
    let is_whole = call.response_body.bytes > 512 || body.contains(&format!("</{root}>"));
    (readable && !(body.contains(root) && is_whole)).then_some(Symptom::NotS3Success)
}

/// What a fault is, whatever its answer looks like.
fn of_fault(fault: &FaultFired) -> Vec<Symptom> {
    if fault.effect != "all" {
        return of_effect(&fault.effect, &fault.summary).into_iter().collect();
    }
    fault.summary.split("; then ").filter_map(of_summary).collect()
}

fn of_effect(effect: &str, summary: &str) -> Option<Symptom> {
    Some(match effect {
        "visible-after" | "stale-read" | "negative-cache" => Symptom::Late,
        "not-applied" => Symptom::NotApplied,
        "ok-with-error" | "delete-errors" => Symptom::ErrorInSuccess,
        "page" => return of_summary(summary),
        "foreign-upload" | "foreign-uploads" => Symptom::HardPage,
        "lost-reply" | "reset" | "close" | "half-head" | "garbage" | "stall" | "truncate" | "content-length" => {
            Symptom::Lost
        }
        "corrupt" | "content-range" | "ignore-range" => Symptom::Corrupt,
        "delay" | "trickle" => Symptom::Slow,
        "no-etag" | "wrong-etag" | "body" => Symptom::NotS3Success,
        "clock-skew" | "revoke-key" | "expired-token" => Symptom::BadCredentials,
        _ => return None,
    })
}

/// By the words of a fault's summary: all that is left of an effect inside `all`.
fn of_summary(summary: &str) -> Option<Symptom> {
    let has = |words: &str| summary.contains(words);
    if has("shows it in") || has("last write") || has("repeats a 404") || has("when the request arrived") {
        Some(Symptom::Late)
    } else if has("does nothing") {
        Some(Symptom::NotApplied)
    } else if has("in pages of") || has("foreign upload") {
        Some(Symptom::HardPage)
    } else if has("lists ") || has("nothing to list") {
        Some(Symptom::WrongPage)
    } else if has("waits ") {
        Some(Symptom::Slow)
    } else {
        None
    }
}

/// Without a fault that would tell: a read, a copy or a listing that misses what a call before it wrote.
fn of_later_calls(calls: &[Call], at: usize) -> Option<Symptom> {
    let call = &calls[at];
    let operation = call.operation.as_deref()?;
    let missed = match operation {
        "GetObject" | "HeadObject" | "CopyObject" | "UploadPartCopy" => call.status == Some(404),
        "ListMultipartUploads" => finds_nothing(call, "<Upload>"),
        "ListObjects" | "ListObjectsV2" => finds_nothing(call, "<Key>"),
        _ => return None,
    };
    let read = Read::of(call)?;
    let change =
        calls[..at].iter().rposition(|earlier| read.is_of(earlier.key.as_deref()) && changes(earlier, operation))?;
    let last_change = &calls[change];
    // A call that deletes many keys does not name them here.
    let emptied = calls[change..at].iter().any(|call| call.operation.as_deref() == Some("DeleteObjects"));
    let written = !matches!(
        last_change.operation.as_deref(),
        Some("DeleteObject" | "AbortMultipartUpload" | "CompleteMultipartUpload")
    ) || (last_change.operation.as_deref() == Some("CompleteMultipartUpload")
        && operation != "ListMultipartUploads");
    let went_well = last_change.status.is_some_and(|status| status < 300) && of_success(last_change).is_none();
    (missed && written && went_well && !emptied).then_some(Symptom::Late)
}

/// What a call reads.
enum Read<'a> {
    Key(&'a str),
    /// `bucket/key`, as copies name their source; the bucket may have a directory before the key.
    Source(String),
}

impl<'a> Read<'a> {
    fn of(call: &'a Call) -> Option<Self> {
        match header(&call.request_headers, "x-amz-copy-source") {
            Some(source) => Some(Self::Source(source.replace("%2F", "/"))),
            None => call.key.as_deref().filter(|key| !key.is_empty()).map(Self::Key),
        }
    }

    fn is_of(&self, written: Option<&str>) -> bool {
        let Some(written) = written.filter(|key| !key.is_empty()) else { return false };
        match self {
            Self::Key(key) => *key == written,
            Self::Source(source) => source.strip_suffix(written).is_some_and(|before| before.ends_with('/')),
        }
    }
}

/// True for a write under `If-Match` that was taken after another one had been under the same, or was refused although the object was
/// that one all the time.
fn misjudges_condition(calls: &[Call], at: usize) -> bool {
    let call = &calls[at];
    let writes = |call: &Call| call.operation.as_deref() == Some("PutObject");
    let taken = |call: &Call| writes(call) && call.status.is_some_and(|status| status < 300);
    let etag = |call: &Call| header(&call.response_headers, "etag").map(str::to_owned);
    let Some(condition) = header(&call.request_headers, "if-match").filter(|_| writes(call)) else { return false };
    let of_key = || calls.iter().filter(|other| other.key == call.key && taken(other));
    if call.status == Some(412) {
        let end = call.end_us.unwrap_or(call.start_us);
        let Some(before) = of_key().rfind(|other| other.start_us < end) else { return false };
        let deletes =
            |other: &Call| other.operation.as_deref().is_some_and(|operation| operation.starts_with("Delete"));
        let gone = calls.iter().any(|other| deletes(other) && (before.start_us..end).contains(&other.start_us));
        return !gone && etag(before).as_deref() == Some(condition);
    }
    let under_the_same = |other: &&Call| header(&other.request_headers, "if-match") == Some(condition);
    let mut earlier = of_key().filter(|other| other.start_us < call.start_us).filter(under_the_same);
    taken(call) && earlier.any(|other| etag(other).as_deref() != Some(condition))
}

fn finds_nothing(call: &Call, element: &str) -> bool {
    let empty_note = call.note.as_deref().is_some_and(|note| note.starts_with("0 "));
    let empty_body =
        call.response_body.complete && call.response_body.bytes <= 512 && !call.response_body.excerpt.contains(element);
    call.status == Some(200)
        && (empty_note || (call.note.is_none() && empty_body && !call.response_body.excerpt.is_empty()))
}

fn changes(call: &Call, seen_by: &str) -> bool {
    let operation = call.operation.as_deref().unwrap_or_default();
    match seen_by {
        "ListMultipartUploads" => {
            matches!(operation, "CreateMultipartUpload" | "AbortMultipartUpload" | "CompleteMultipartUpload")
        }
        _ => matches!(operation, "PutObject" | "CopyObject" | "CompleteMultipartUpload" | "DeleteObject"),
    }
}

/// True if the fault that struck a call can be seen to be of this kind.
pub(super) fn struck_by(call: &Call, symptom: Symptom) -> bool {
    call.faults.iter().flat_map(of_fault).any(|found| found == symptom)
}
