//! Whole answers that take the place of the party's.

use http::header::{CONTENT_LENGTH, HeaderName};
use http::{HeaderValue, Method};
use shakedown_faults::Answer;
use shakedown_wire::{Body, Response};

/// The answer, as `method` may receive it.
pub(crate) fn whole(answer: &Answer, method: &Method) -> Response {
    let mut response = Response::new(Body::full(answer.body.clone()));
    *response.status_mut() = answer.status;
    for (name, value) in &answer.headers {
        let Ok(name) = name.parse::<HeaderName>() else { continue };
        match HeaderValue::from_str(value) {
            Ok(value) if name != CONTENT_LENGTH => drop(response.headers_mut().append(name, value)),
            _ => {}
        }
    }
    if !answer.status.is_informational() && !matches!(answer.status.as_u16(), 204 | 304) {
        response.headers_mut().insert(CONTENT_LENGTH, answer.body.len().into());
    }
    if *method == Method::HEAD { bodiless(response) } else { response }
}

/// An answer to HEAD: what the body was is announced, and nothing is sent (RFC 9110 section 9.3.2).
pub(crate) fn bodiless(response: Response) -> Response {
    let (mut head, body) = response.into_parts();
    if let (None, Some(length @ 1..)) = (head.headers.get(CONTENT_LENGTH), body.length()) {
        head.headers.insert(CONTENT_LENGTH, length.into());
    }
    Response::from_parts(head, Body::empty())
}
