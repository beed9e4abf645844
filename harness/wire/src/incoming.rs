//! hyper's incoming bodies as ours, and hyper's and the socket's errors in our words.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;

use crate::{Body, WireError};

/// The body of a message that hyper is receiving.
pub(crate) fn body(incoming: Incoming) -> Body {
    watched(incoming).0
}

/// The same, with a flag that says whether it was read to its end.
pub(crate) fn watched(incoming: Incoming) -> (Body, Arc<AtomicBool>) {
    let read = Arc::new(AtomicBool::new(incoming.is_end_stream()));
    (Body::new(Received { incoming, bytes: 0, read: read.clone() }), read)
}

/// Counts, so that a body that ends early can say where.
struct Received {
    incoming: Incoming,
    bytes: u64,
    read: Arc<AtomicBool>,
}

impl http_body::Body for Received {
    type Data = Bytes;
    type Error = WireError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, WireError>>> {
        let polled = std::task::ready!(Pin::new(&mut self.incoming).poll_frame(cx));
        if polled.is_none() || self.incoming.is_end_stream() {
            self.read.store(true, Ordering::Relaxed);
        }
        Poll::Ready(polled.map(|frame| match frame {
            Ok(frame) => {
                self.bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
                Ok(frame)
            }
            Err(error) => Err(broken_body(&error, self.bytes)),
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

/// What ended a body after `received` bytes.
fn broken_body(error: &hyper::Error, received: u64) -> WireError {
    match source::<io::Error>(error).map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionAborted) => {
            WireError::Reset
        }
        Some(io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData) => {
            WireError::Malformed { reason: reason(error) }
        }
        _ => WireError::Truncated { received },
    }
}

/// What came instead of the head of an answer.
pub(crate) fn no_head(error: &(dyn std::error::Error + 'static)) -> WireError {
    if let Some(error) = source::<WireError>(error) {
        return error.clone();
    }
    if let Some(error) = source::<io::Error>(error) {
        match error.kind() {
            io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionAborted => {
                return WireError::Reset;
            }
            io::ErrorKind::UnexpectedEof => return WireError::Closed,
            _ => {}
        }
    }
    match source::<hyper::Error>(error) {
        Some(error) if error.is_parse() => WireError::Malformed { reason: reason(error) },
        Some(error) if error.is_incomplete_message() || error.is_closed() || error.is_canceled() => WireError::Closed,
        _ => WireError::Other(reason(error)),
    }
}

/// The first error of type `T` in the chain, `error` itself included.
pub(crate) fn source<'a, T: std::error::Error + 'static>(
    error: &'a (dyn std::error::Error + 'static),
) -> Option<&'a T> {
    std::iter::successors(Some(error), |error| error.source()).find_map(|error| {
        let inside = error.downcast_ref::<io::Error>().and_then(|error| error.get_ref()?.downcast_ref::<T>());
        error.downcast_ref::<T>().or(inside)
    })
}

/// The whole chain in one line.
pub(crate) fn reason(error: &(dyn std::error::Error + 'static)) -> String {
    let chain: Vec<_> = std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string).collect();
    let mut text = String::new();
    for part in chain {
        if !text.ends_with(&part) {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&part);
        }
    }
    text
}
