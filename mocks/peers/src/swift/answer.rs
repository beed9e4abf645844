//! What a Swift answers: statuses with the small HTML pages that it is known by.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode, header};
use shakedown_wire::{Body, Response};

/// An answer with this body.
pub(super) fn with(status: StatusCode, kind: &'static str, body: Bytes) -> Response {
    let length = body.len();
    let mut response = http::Response::new(Body::full(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
    response
}

/// An answer without a body.
pub(super) fn empty(status: StatusCode) -> Response {
    with(status, "text/html; charset=UTF-8", Bytes::new())
}

/// The page of an error.
pub(super) fn error(status: StatusCode, about: &str) -> Response {
    let reason = status.canonical_reason().unwrap_or_default();
    let page = format!("<html><h1>{reason}</h1><p>{about}</p></html>");
    with(status, "text/html; charset=UTF-8", page.into())
}

/// Adds a header; a value that cannot be one is left out.
pub(super) fn set(mut response: Response, name: &'static str, value: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(HeaderName::from_static(name), value);
    }
    response
}
