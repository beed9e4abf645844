//! One request of a connection: made absolute, handed to the party, and its answer handed to hyper in a body that can end the
//! connection.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{CONNECTION, HOST};
use http::uri::{Authority, Scheme};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;

use super::Peer;
use super::socket::{Ending, Verdict};
use crate::framing::{self, Framed};
use crate::network::Tunnel;
use crate::{Body, Party, Request, Response, WireError, incoming};

/// Answers, or never does so: then the connection's driver acts on `verdict`.
pub(super) async fn answer(
    party: Party,
    request: http::Request<Incoming>,
    (peer, tunnels): (Peer, bool),
    verdict: Verdict,
) -> Result<http::Response<AnswerBody>, Infallible> {
    let method = request.method().clone();
    let (head, incoming) = request.into_parts();
    let (body, read) = incoming::watched(incoming);
    let outcome = match absolute(Request::from_parts(head, body), peer, tunnels) {
        Ok(request) => party.send(request).await,
        Err(reason) => Ok(bad_request(reason)),
    };
    match outcome {
        Ok(mut response) => {
            if let Some(tunnel) = response.extensions_mut().remove::<Tunnel>().filter(|_| method == Method::CONNECT) {
                verdict.tunnel(tunnel);
            }
            if !read.load(Ordering::Relaxed) {
                // What was not read stands in the way of the next request, so say that there will be none (RFC 9112 section 9.6).
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok(framing::response(response, &method).map(|framed| AnswerBody { framed, verdict }))
        }
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
fn absolute(mut request: Request, peer: Peer, tunnels: bool) -> Result<Request, &'static str> {
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
    } else if request.uri().scheme().is_none() && !(tunnels && request.method() == Method::CONNECT) {
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

/// A body that does not fail towards hyper, which would throw away what is buffered, but says how the connection is to end and
/// stays silent. hyper insists that the length in the head is the body's; [`Framed`] repeats what the head says.
pub(super) struct AnswerBody {
    framed: Framed,
    verdict: Verdict,
}

impl http_body::Body for AnswerBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Some(polled) = std::task::ready!(Pin::new(&mut self.framed).poll_frame(cx)) else {
            return Poll::Ready(None);
        };
        match polled {
            Ok(frame) => Poll::Ready(Some(Ok(frame))),
            Err(error) => {
                self.verdict.end(Ending::from(&error));
                // Nothing wakes this task again but the socket and the driver's deadline.
                self.framed.inner = Body::stream(futures_util::stream::pending());
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.framed.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.framed.size_hint()
    }
}
