//! The streamed body of every request and response. Bodies are never collected on a data path.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt, TryStreamExt};
use http_body::{Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Full, StreamBody};

use crate::WireError;

/// A stream of byte frames that may end in a [`WireError`].
pub struct Body {
    inner: UnsyncBoxBody<Bytes, WireError>,
    /// Length in bytes where it is known although the stream does not tell.
    length: Option<u64>,
}

impl Body {
    /// No bytes at all.
    pub fn empty() -> Self {
        Self { inner: Empty::new().map_err(|never| match never {}).boxed_unsync(), length: Some(0) }
    }

    /// The given bytes in one frame.
    pub fn full(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        let length = Some(bytes.len() as u64);
        Self { inner: Full::new(bytes).map_err(|never| match never {}).boxed_unsync(), length }
    }

    /// A stream of unknown length; over HTTP/1.1 it is sent chunked. It is not polled again after its end.
    pub fn stream(stream: impl Stream<Item = Result<Bytes, WireError>> + Send + 'static) -> Self {
        Self { inner: StreamBody::new(stream.map_ok(Frame::data).fuse()).boxed_unsync(), length: None }
    }

    /// A stream that announces `length` bytes. It is the caller's duty (or intent) that the stream holds as many.
    pub fn sized(length: u64, stream: impl Stream<Item = Result<Bytes, WireError>> + Send + 'static) -> Self {
        Self { length: Some(length), ..Self::stream(stream) }
    }

    /// Wraps any body whose errors are ours.
    pub fn new(body: impl http_body::Body<Data = Bytes, Error = WireError> + Send + 'static) -> Self {
        let length = body.size_hint().exact();
        Self { inner: body.boxed_unsync(), length }
    }

    /// The same frames under this announced length, if one is given.
    #[must_use]
    pub fn with_length(mut self, length: Option<u64>) -> Self {
        self.length = length.or(self.length);
        self
    }

    /// The announced length in bytes, if there is one.
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// The next data frame; `None` at the end. Trailers are skipped.
    pub async fn next(&mut self) -> Option<Result<Bytes, WireError>> {
        loop {
            match self.inner.frame().await? {
                Ok(frame) => {
                    if let Ok(data) = frame.into_data() {
                        return Some(Ok(data));
                    }
                }
                Err(error) => return Some(Err(error)),
            }
        }
    }

    /// The data frames as a stream.
    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes, WireError>> + Send + 'static {
        futures_util::stream::unfold(self, |mut body| async move { body.next().await.map(|item| (item, body)) })
    }

    /// The whole body, for small ones only.
    ///
    /// # Errors
    /// [`WireError::TooLarge`] as soon as more than `limit` bytes arrived, or the body's own error.
    pub async fn collect(mut self, limit: usize) -> Result<Bytes, WireError> {
        let too_large = WireError::TooLarge { limit: limit as u64 };
        let Some(first) = self.next().await.transpose()? else { return Ok(Bytes::new()) };
        if first.len() > limit {
            return Err(too_large);
        }
        let mut rest: Option<BytesMut> = None;
        while let Some(frame) = self.next().await.transpose()? {
            let buffer = rest.get_or_insert_with(|| BytesMut::from(&first[..]));
            if buffer.len() + frame.len() > limit {
                return Err(too_large);
            }
            buffer.extend_from_slice(&frame);
        }
        Ok(rest.map_or(first, BytesMut::freeze))
    }

    /// The first bytes of the body, at least `limit` where it has as many, and the body, which still begins with them.
    ///
    /// # Errors
    /// The body's own error, where it comes that early.
    pub async fn ahead(mut self, limit: usize) -> Result<(Bytes, Self), WireError> {
        let length = self.length();
        let mut begin = BytesMut::new();
        while begin.len() < limit {
            match self.next().await.transpose()? {
                Some(frame) => begin.extend_from_slice(&frame),
                None => break,
            }
        }
        let begin = begin.freeze();
        let first = futures_util::stream::iter([Ok(begin.clone())]);
        let whole = if begin.is_empty() { Self::empty() } else { Self::stream(first.chain(self.into_stream())) };
        Ok((begin, whole.with_length(length)))
    }

    /// Reads the body to its end, keeping nothing.
    ///
    /// # Errors
    /// The body's own error. The count is of bytes.
    pub async fn drain(mut self) -> Result<u64, WireError> {
        let mut count = 0;
        while let Some(frame) = self.next().await.transpose()? {
            count += frame.len() as u64;
        }
        Ok(count)
    }
}

impl Default for Body {
    fn default() -> Self {
        Self::empty()
    }
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Body").field("length", &self.length).finish_non_exhaustive()
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Self::full(text)
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Self::full(text)
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Self::full(bytes)
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self::full(bytes)
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = WireError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, WireError>>> {
        Pin::new(&mut self.inner).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        match self.length {
            Some(length) if !self.inner.is_end_stream() => SizeHint::with_exact(length),
            _ => self.inner.size_hint(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn collect_stops_at_its_limit() {
        let frames = futures_util::stream::iter([Ok(Bytes::from_static(b"abc")), Ok(Bytes::from_static(b"def"))]);
        assert_eq!(Body::stream(frames.clone()).collect(6).await.unwrap(), "abcdef");
        assert_eq!(Body::stream(frames).collect(5).await, Err(WireError::TooLarge { limit: 5 }));
    }

    #[tokio::test]
    async fn what_was_looked_at_ahead_still_comes() {
        let frames =
            futures_util::stream::iter(["ab", "cd", "ef"].map(|frame| Ok(Bytes::from_static(frame.as_bytes()))));
        let (begin, body) = Body::sized(6, frames).ahead(3).await.unwrap();
        assert_eq!((&begin[..], body.length()), (&b"abcd"[..], Some(6)));
        assert_eq!(body.collect(6).await.unwrap(), "abcdef");
        let (begin, body) = Body::empty().ahead(3).await.unwrap();
        assert_eq!((begin.len(), body.length()), (0, Some(0)));
    }

    #[tokio::test]
    async fn errors_of_the_stream_arrive() {
        let frames = futures_util::stream::iter([Ok(Bytes::from_static(b"abc")), Err(WireError::Reset)]);
        let mut body = Body::sized(6, frames);
        assert_eq!(body.length(), Some(6));
        assert_eq!(body.next().await.unwrap().unwrap(), "abc");
        assert_eq!(body.next().await.unwrap(), Err(WireError::Reset));
    }
}
