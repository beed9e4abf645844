//! S3's error answers as AWS writes them: status, code, message, request id. What the effects that speak S3 have in common.

use bytes::Bytes;
use http::StatusCode;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::Answer;

/// Codes a fault is likely to use, with AWS's status and message.
const KNOWN: &[(&str, u16, &str)] = &[
    ("AccessDenied", 403, "Access Denied"),
    ("AuthorizationHeaderMalformed", 400, "The authorization header is malformed; the region is wrong"),
    ("ExpiredToken", 400, "The provided token has expired."),
    ("InternalError", 500, "We encountered an internal error. Please try again."),
    ("InvalidAccessKeyId", 403, "The AWS Access Key Id you provided does not exist in our records."),
    ("InvalidPart", 400, "One or more of the specified parts could not be found."),
    ("InvalidRequest", 400, "Invalid Request"),
    ("MalformedXML", 400, "The XML you provided was not well-formed or did not validate against our published schema"),
    ("MethodNotAllowed", 405, "The specified method is not allowed against this resource."),
    ("NoSuchBucket", 404, "The specified bucket does not exist"),
    ("NoSuchKey", 404, "The specified key does not exist."),
    ("NoSuchUpload", 404, "The specified upload does not exist."),
    ("NotImplemented", 501, "A header you provided implies functionality that is not implemented"),
    ("PermanentRedirect", 301, "The bucket must be addressed using the specified endpoint."),
    (
        "RequestTimeout",
        400,
        "Your socket connection to the server was not read from or written to within the timeout period.",
    ),
    ("RequestTimeTooSkewed", 403, "The difference between the request time and the current time is too large."),
    ("SecondLevelDomainForbidden", 403, "Please use virtual hosted style to access."),
    ("ServiceUnavailable", 503, "Service is unable to handle request."),
    (
        "SignatureDoesNotMatch",
        403,
        "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
    ),
    ("SlowDown", 503, "Please reduce your request rate."),
    ("TemporaryRedirect", 307, "Please re-send this request to the specified temporary endpoint."),
];

/// An error document with a request id of its own.
pub(crate) struct Document {
    pub(crate) body: Vec<u8>,
    pub(crate) request_id: String,
}

/// Writes the document. Without a code the element is left out (an error that SDKs cannot name).
pub(crate) fn document(code: Option<&str>, message: Option<&str>, rng: &mut ChaCha8Rng) -> Document {
    let request_id = format!("{:016X}", rng.next_u64());
    let host_id = format!("{:016x}{:016x}", rng.next_u64(), rng.next_u64());
    let known = KNOWN.iter().find(|(known, _, _)| Some(*known) == code).map(|(_, _, message)| *message);
    let message = message.or(known).unwrap_or("The request could not be served.");
    let code = code.map(|code| format!("<Code>{}</Code>", escaped(code))).unwrap_or_default();
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>{code}<Message>{}</Message>\
         <RequestId>{request_id}</RequestId><HostId>{host_id}</HostId></Error>",
        escaped(message)
    );
    Document { body: body.into_bytes(), request_id }
}

/// The answer S3 gives for this code, with its usual status. `code` is one of the known ones.
pub(crate) fn answer(code: &'static str, rng: &mut ChaCha8Rng) -> Answer {
    let status = KNOWN.iter().find(|(known, _, _)| *known == code).map_or(500, |(_, status, _)| *status);
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    with_status(status, code, rng)
}

/// An S3 error under a status of the caller's choice.
pub(crate) fn with_status(status: StatusCode, code: &str, rng: &mut ChaCha8Rng) -> Answer {
    let Document { body, request_id } = document(Some(code), None, rng);
    let headers =
        vec![("content-type".to_owned(), "application/xml".to_owned()), ("x-amz-request-id".to_owned(), request_id)];
    Answer { status, headers, body: Bytes::from(body), read_request: true }
}

/// The code S3 would use for a status, where a file gives a status alone.
pub(crate) fn code_of(status: StatusCode) -> &'static str {
    match status.as_u16() {
        301 => "PermanentRedirect",
        302 | 307 => "TemporaryRedirect",
        401 | 403 => "AccessDenied",
        404 => "NoSuchKey",
        405 => "MethodNotAllowed",
        429 | 503 => "SlowDown",
        501 => "NotImplemented",
        400..=499 => "InvalidRequest",
        _ => "InternalError",
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
