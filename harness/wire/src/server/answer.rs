//! One request of a connection: made absolute, handed to the party, and its answer handed to hyper in a body that can end the
//! connection.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::uri::{Authority, Scheme};
use http::{HeaderMap, Method, StatusCode, Uri};
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;

use super::Peer;
use super::socket::{Ending, Verdict};
use crate::{Body, Party, Request, Response, WireError, incoming};

/// Answers, or never does so: then the connection's driver acts on `verdict`.
pub(super) async fn answer(
    party: Party,
    request: http::Request<Incoming>,
    peer: Peer,
    verdict: Verdict,
) -> Result<http::Response<AnswerBody>, Infallible> {
    let is_head = request.method() == Method::HEAD;
    let outcome = match absolute(request, peer) {
        Ok(request) => party.send(request).await,
        Err(reason) => Ok(bad_request(reason)),
    };
    match outcome {
        Ok(response) => Ok(on_the_wire(response, is_head, verdict)),
        Err(error) => {
            if !error.is_connection_lost() && !matches!(error, WireError::Raw { .. }) {
                tracing::warn!(%error, "a party has no answer; the connection is closed");
            }
            verdict.end(Ending::from(&error));
            std::future::pending().await
        }
    }
}

/// The request as parties know it: with an absolute URI (RFC 9112 section 3.2) and the peer's address.
fn absolute(request: http::Request<Incoming>, peer: Peer) -> Result<Request, &'static str> {
    let mut request = request.map(incoming::body);
    if request.uri().authority().is_none() {
        let authority = host(request.headers())?;
        let mut parts = std::mem::take(request.uri_mut()).into_parts();
        let path = parts.path_and_query.as_ref().map_or("", |path| path.as_str());
        if !path.starts_with('/') {
            return Err("the request target is not a path");
        }
        parts.scheme = Some(Scheme::HTTP);
        parts.authority = Some(authority);
        *request.uri_mut() = Uri::from_parts(parts).map_err(|_| "the request target is not valid")?;
    } else if request.uri().scheme().is_none() {
        return Err("this server is no proxy for CONNECT");
    }
    request.extensions_mut().insert(peer);
    Ok(request)
}

/// The one valid `Host` (RFC 9112 section 3.2: anything else is answered 400).
fn host(headers: &HeaderMap) -> Result<Authority, &'static str> {
    let mut values = headers.get_all(HOST).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return Err("exactly one Host header is needed") };
    let authority = Authority::try_from(value.as_bytes()).map_err(|_| "the Host header is not valid")?;
    if authority.as_str().contains('@') { Err("the Host header is not valid") } else { Ok(authority) }
}

fn bad_request(reason: &'static str) -> Response {
    let mut response = http::Response::new(Body::from(format!("{reason}\n")));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
}

/// hyper checks that the length in the head is the body's. Ours may differ on purpose, so the body repeats what the head says.
fn on_the_wire(response: Response, is_head: bool, verdict: Verdict) -> http::Response<AnswerBody> {
    let (mut head, body) = response.into_parts();
    let announced = head.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let chunked = head.headers.contains_key(TRANSFER_ENCODING);
    if is_head || matches!(head.status.as_u16(), 204 | 304) {
        if let (true, None, Some(length @ 1..), false) = (is_head, announced, body.length(), chunked) {
            head.headers.insert(CONTENT_LENGTH, length.into());
        }
        return http::Response::from_parts(head, AnswerBody { inner: Body::empty(), length: None, sent: 0, verdict });
    }
    let length = if chunked { None } else { announced.or(body.length()) };
    http::Response::from_parts(head, AnswerBody { inner: body, length, sent: 0, verdict })
}

/// A body that does not fail towards hyper, which would throw away what is buffered, but says how the connection is to end and
/// stays silent.
pub(super) struct AnswerBody {
    inner: Body,
    /// What the head announces.
    length: Option<u64>,
    sent: u64,
    verdict: Verdict,
}

impl AnswerBody {
    fn end(&mut self, ending: Ending) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.verdict.end(ending);
        // Nothing wakes this task again but the socket and the driver's deadline.
        self.inner = Body::stream(futures_util::stream::pending());
        Poll::Pending
    }
}

impl http_body::Body for AnswerBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = &mut *self;
        let left = this.length.map(|length| length - this.sent);
        if left == Some(0) {
            return Poll::Ready(None);
        }
        match std::task::ready!(Pin::new(&mut this.inner).poll_frame(cx)) {
            Some(Ok(frame)) => match frame.into_data() {
                Ok(mut data) => {
                    data.truncate(left.map_or(data.len(), |left| usize::try_from(left).unwrap_or(usize::MAX).min(data.len())));
                    this.sent += data.len() as u64;
                    Poll::Ready(Some(Ok(Frame::data(data))))
                }
                Err(trailers) => Poll::Ready(Some(Ok(trailers))),
            },
            Some(Err(error)) => this.end(Ending::from(&error)),
            None if left.is_some() => this.end(Ending::from(&WireError::Closed)),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self.length {
            Some(length) => length == self.sent,
            None => self.inner.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map_or_else(SizeHint::new, |length| SizeHint::with_exact(length - self.sent))
    }
}
