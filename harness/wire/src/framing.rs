//! What every HTTP/1.1 message says about itself on the wire, and what holds of its body then; for both transports.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST, HeaderMap, TRANSFER_ENCODING};
use http::{HeaderValue, Method, Uri};
use http_body::{Frame, SizeHint};

use crate::{Body, Request, Response, WireError};

/// Puts `Host` and the framing headers that a client sends, unless they are there (RFC 9112 sections 3.2 and 6).
pub(crate) fn request(request: &mut Request) {
    if !request.headers().contains_key(HOST)
        && let Some(host) = host(request.uri())
    {
        request.headers_mut().insert(HOST, host);
    }
    let length = request.body().length();
    let frames = match *request.method() {
        // A body is unusual here; one of unknown length is not sent at all.
        Method::GET | Method::HEAD | Method::CONNECT => length.is_some_and(|length| length > 0),
        // RFC 9110 section 8.6: these anticipate a body, so its absence is said.
        Method::POST | Method::PUT | Method::PATCH => true,
        _ => length != Some(0),
    };
    if frames && !is_framed(request.headers()) {
        frame(request.headers_mut(), length);
    }
}

/// The answer to `method` as it goes over a wire: with framing headers, without a body where there can be none, and with a body
/// that holds what the head announces, or fails (RFC 9112 section 6.3).
pub(crate) fn response(response: Response, method: &Method) -> http::Response<Framed> {
    let (mut head, body) = response.into_parts();
    let is_head = *method == Method::HEAD;
    let tunnels = *method == Method::CONNECT && head.status.is_success();
    let bodiless = tunnels || head.status.is_informational() || matches!(head.status.as_u16(), 204 | 304);
    // The empty body of an answer to HEAD says nothing about the length of the real one.
    let known = body.length().filter(|&length| length > 0 || !is_head);
    if !bodiless && !is_framed(&head.headers) && (known.is_some() || !is_head) {
        frame(&mut head.headers, known);
    }
    if is_head || bodiless {
        if bodiless && head.status != http::StatusCode::NOT_MODIFIED {
            // RFC 9110 section 8.6: not even a length.
            head.headers.remove(CONTENT_LENGTH);
        }
        return http::Response::from_parts(head, Framed { inner: Body::empty(), length: None, passed: 0 });
    }
    let chunked = head.headers.contains_key(TRANSFER_ENCODING);
    let said = head.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let length = if chunked { None } else { said.or(known) };
    http::Response::from_parts(head, Framed { inner: body, length, passed: 0 })
}

/// A body under its announced length: bytes beyond it do not exist, and a shortage is an error.
pub(crate) struct Framed {
    pub(crate) inner: Body,
    length: Option<u64>,
    passed: u64,
}

impl Framed {
    /// Bytes so far.
    pub(crate) fn passed(&self) -> u64 {
        self.passed
    }
}

impl http_body::Body for Framed {
    type Data = Bytes;
    type Error = WireError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, WireError>>> {
        let this = &mut *self;
        let left = this.length.map(|length| length - this.passed);
        if left == Some(0) {
            return Poll::Ready(None);
        }
        match std::task::ready!(Pin::new(&mut this.inner).poll_frame(cx)) {
            Some(Ok(frame)) => match frame.into_data() {
                Ok(mut data) => {
                    let room = left.map_or(data.len(), |left| usize::try_from(left).unwrap_or(usize::MAX));
                    data.truncate(room);
                    this.passed += data.len() as u64;
                    Poll::Ready(Some(Ok(Frame::data(data))))
                }
                Err(trailers) => Poll::Ready(Some(Ok(trailers))),
            },
            None if left.is_some() => Poll::Ready(Some(Err(WireError::Truncated { received: this.passed }))),
            other => Poll::Ready(other),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self.length {
            Some(length) => length == self.passed,
            None => self.inner.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map_or_else(SizeHint::new, |length| SizeHint::with_exact(length - self.passed))
    }
}

fn is_framed(headers: &HeaderMap) -> bool {
    headers.contains_key(CONTENT_LENGTH) || headers.contains_key(TRANSFER_ENCODING)
}

fn frame(headers: &mut HeaderMap, length: Option<u64>) {
    match length {
        Some(length) => headers.insert(CONTENT_LENGTH, length.into()),
        None => headers.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked")),
    };
}

/// The authority without user information; the default port is left out, as clients do.
fn host(uri: &Uri) -> Option<HeaderValue> {
    let host = uri.host()?;
    let default = if uri.scheme_str() == Some("https") { 443 } else { 80 };
    match uri.port_u16() {
        Some(port) if port != default => match uri.authority().map(http::uri::Authority::as_str) {
            Some(authority) if !authority.contains('@') => HeaderValue::from_str(authority).ok(),
            _ => HeaderValue::from_str(&format!("{host}:{port}")).ok(),
        },
        _ => HeaderValue::from_str(host).ok(),
    }
}
