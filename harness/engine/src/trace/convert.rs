//! One recorded exchange as a call of the report, with a few words on its answer that the status does not say.

use shakedown_reports::{BodyInfo, Call, FaultFired};
use shakedown_wire::{BodyRecord, Exchange};

/// Longest note.
const NOTE: usize = 80;

/// The call; `twin` is the same one as the other end saw it.
pub(super) fn call(exchange: &Exchange, twin: Option<&Exchange>) -> Call {
    let s3 = exchange.s3.as_ref().or_else(|| twin?.s3.as_ref());
    let response = exchange.response.as_ref();
    let faults = exchange.faults.iter().chain(twin.iter().flat_map(|twin| &twin.faults));
    Call {
        from: exchange.lane.from.clone(),
        to: exchange.lane.to.clone(),
        caused_by: None,
        start_us: exchange.start_us,
        end_us: exchange.end_us,
        method: exchange.request.method.clone(),
        uri: exchange.request.uri.clone(),
        operation: s3.map(|s3| s3.operation.clone()),
        key: s3.map(|s3| s3.key.clone()),
        key_class: s3.and_then(|s3| s3.key_class.clone()),
        status: response.map(|response| response.status),
        error: exchange.error.clone(),
        note: note(exchange, s3.and_then(|s3| s3.result.as_deref())),
        request_headers: exchange.request.headers.clone(),
        response_headers: response.map(|response| response.headers.clone()).unwrap_or_default(),
        request_body: body(&exchange.request.body),
        response_body: response.map(|response| body(&response.body)).unwrap_or_default(),
        faults: faults
            .map(|fault| FaultFired { rule: fault.rule, effect: fault.effect.clone(), summary: fault.summary.clone() })
            .collect(),
        log: Vec::new(),
    }
}

fn body(record: &BodyRecord) -> BodyInfo {
    BodyInfo {
        bytes: record.bytes,
        digest: record.digest.clone(),
        excerpt: record.excerpt.clone(),
        complete: record.complete,
    }
}

fn note(exchange: &Exchange, result: Option<&str>) -> Option<String> {
    if matches!(&*exchange.lane.to, "gateway" | "forward-proxy" | "token" | "swift") && !exchange.notes.is_empty() {
        return Some(shortened(exchange.notes.join("; ")));
    }
    let response = exchange.response.as_ref()?;
    let text = response.body.excerpt.trim_start();
    let begin: String = text.chars().take(16).collect::<String>().to_ascii_lowercase();
    // What a store noted of its own answer is not what was sent if a fault put a page in its place.
    let is_page = begin.starts_with("<!doctype html") || begin.starts_with("<html");
    let note = match result {
        _ if is_page => format!("HTML, {} bytes", response.body.bytes),
        Some(result) if !result.is_empty() => result.to_owned(),
        _ => error_code(text)?.to_owned(),
    };
    Some(shortened(note))
}

fn shortened(note: String) -> String {
    if note.chars().count() <= NOTE {
        return note;
    }
    note.chars().take(NOTE - 3).chain("...".chars()).collect()
}

/// The code of an S3 error (`<Error><Code>`) or of the specification's error body (`"code":"..."`).
pub(crate) fn error_code(text: &str) -> Option<&str> {
    if let Some(at) = text.find("<Error>").or_else(|| text.find("<Error ")) {
        let rest = &text[at..];
        return rest.split_once("<Code>")?.1.split_once("</Code>").map(|(code, _)| code);
    }
    let errors = text.strip_prefix('{').filter(|rest| rest.trim_start().starts_with("\"errors\""))?;
    let value = errors.split_once("\"code\"")?.1.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
    value.split_once('"').map(|(code, _)| code)
}

#[cfg(test)]
mod tests {
    use super::error_code;

    #[test]
    fn error_codes_of_both_sides_are_read() {
        assert_eq!(error_code("<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code></Error>"), Some("NoSuchKey"));
        assert_eq!(
            error_code("{\"errors\": [{\"code\": \"BLOB_UNKNOWN\", \"message\": \"x\"}]}"),
            Some("BLOB_UNKNOWN")
        );
        for text in ["", "<html>", "<Error></Error>", "{\"code\":\"X\"}", "<Code>x</Code>"] {
            assert_eq!(error_code(text), None, "{text}");
        }
    }
}
