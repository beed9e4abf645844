//! Storage (or the gateway before it) answered an error that is not S3's XML (B01, B02, B04).

use shakedown_reports::{Blame, Call, Party};

use super::Rule;
use super::case::{Case, header};
use super::symptom::Symptom;
use super::ticket::about;

pub(super) const RULE: Rule = Rule { id: "storage-error-is-not-xml", judge };

fn judge(case: &Case<'_>) -> Option<Blame> {
    // What was to be written and was not outweighs a read that may have said so rightly.
    let reads = |at: usize| matches!(case.calls[at].operation.as_deref(), Some("GetObject" | "HeadObject"));
    let foreign = || case.symptoms.iter().filter(|(_, symptom)| *symptom == Symptom::NotXmlError).map(|(at, _)| *at);
    let own = |at: &usize| case.calls[*at].caused_by == case.focus;
    let at = foreign().filter(own).find(|at| !reads(*at)).or_else(|| foreign().next())?;
    let call = &case.calls[at];
    let (body, status) = (kind_of_body(call), call.status.unwrap_or_default());
    let ticket = about(
        call,
        "S3's error document: <Error><Code>NoSuchKey</Code>... with a request id (do not intercept errors)",
    );
    // The status says all that a reader needs: an absent object. Everything else leaves open what happened.
    let undone = !reads(at) && case.is_honest();
    let demanded = !undone && (status == 404 || !case.wants_success() || case.was_acknowledged());
    let blame = if demanded {
        let why = format!(
            "storage answered {status} with {body} where XML is due; the status alone says enough, but {}",
            case.answered()
        );
        let fix = "take HTTP 404 of an object read as absent whatever its body, and log that it was not S3's; NoSuchBucket stays an error";
        case.blame(Party::Registry, Some(case.behind(at)), why, fix)
    } else {
        case.blame(case.behind(at), None, format!("storage answered {status} with {body} where XML is due"), "")
    };
    Some(Blame { ticket: Some(ticket), ..blame }.with_evidence(at, &format!("{body} for XML")))
}

fn kind_of_body(call: &Call) -> &'static str {
    let body = call.response_body.excerpt.trim_start().to_ascii_lowercase();
    let announced = header(&call.response_headers, "content-type").unwrap_or_default();
    if body.starts_with("<html")
        || body.starts_with("<!doctype")
        || (body.is_empty() && announced.starts_with("text/html"))
    {
        "HTML"
    } else if body.starts_with('{') {
        "JSON"
    } else if body.is_empty() {
        "an empty body"
    } else if body.starts_with("<?xml") || body.starts_with("<error") {
        "XML without a code"
    } else {
        "text"
    }
}
