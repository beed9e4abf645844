//! One request that can be sent again, and its answer.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HeaderName, HeaderValue};
use http::{HeaderMap, Method, StatusCode, Uri};
use shakedown_wire::{Body, Response, TraceId, WireError};

use crate::content::BlobSource;
use crate::{At, ClientError, SourceError};

/// A request body that can be opened again, as far as that is possible.
#[derive(Clone)]
pub(crate) enum Payload {
    /// No body; POST, PUT and PATCH say `Content-Length: 0`.
    Empty,
    /// A small body.
    Bytes(Bytes),
    /// A part of a source; without a length it is sent chunked.
    Source { source: Arc<dyn BlobSource>, range: Range<u64>, sized: bool },
    /// A caller's stream; it can be sent once.
    Once(Arc<Mutex<Option<Body>>>),
}

impl Payload {
    /// A caller's body; those of at most `kept` bytes are kept, so that they can be sent again.
    pub(crate) async fn from_body(body: Body, kept: u64) -> Result<Self, WireError> {
        Ok(match body.length() {
            Some(0) => Self::Empty,
            Some(length) if length <= kept => {
                Self::Bytes(body.collect(usize::try_from(kept).unwrap_or(usize::MAX)).await?)
            }
            _ => Self::Once(Arc::new(Mutex::new(Some(body)))),
        })
    }

    /// The body, if it is still there.
    pub(crate) async fn open(&self) -> Result<Option<Body>, SourceError> {
        Ok(match self {
            Self::Empty => Some(Body::empty()),
            Self::Bytes(bytes) => Some(Body::full(bytes.clone())),
            Self::Source { source, range, sized: true } => Some(source.read(range.clone()).await?),
            Self::Source { source, range, sized: false } => {
                Some(Body::stream(source.read(range.clone()).await?.into_stream()))
            }
            Self::Once(body) => body.lock().unwrap_or_else(PoisonError::into_inner).take(),
        })
    }

    /// Whether [`Payload::open`] would give a body.
    pub(crate) fn is_there(&self) -> bool {
        match self {
            Self::Once(body) => body.lock().unwrap_or_else(PoisonError::into_inner).is_some(),
            _ => true,
        }
    }
}

/// One request.
#[derive(Clone)]
pub(crate) struct Hop {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) payload: Payload,
    /// Sending it twice does no harm, so 5xx and broken connections may be tried again, not only 429 and 503.
    pub(crate) idempotent: bool,
}

impl Hop {
    pub(crate) fn new(method: Method, uri: Uri) -> Self {
        let idempotent = matches!(method, Method::GET | Method::HEAD | Method::DELETE);
        Self { method, uri, headers: HeaderMap::new(), payload: Payload::Empty, idempotent }
    }

    pub(crate) fn get(uri: Uri) -> Self {
        Self::new(Method::GET, uri)
    }

    pub(crate) fn header(mut self, name: HeaderName, value: impl AsRef<str>) -> Self {
        // Values are made of digests, numbers and media types that were parsed before; anything else is left away.
        if let Ok(value) = HeaderValue::from_str(value.as_ref()) {
            self.headers.append(name, value);
        }
        self
    }

    pub(crate) fn payload(mut self, payload: Payload) -> Self {
        self.payload = payload;
        self
    }

    pub(crate) fn idempotent(mut self) -> Self {
        self.idempotent = true;
        self
    }
}

/// The head of an answer with its body still to come, and where it came from.
pub(crate) struct Answer {
    head: http::response::Parts,
    /// The lock is never taken; it lets an answer be shared between threads, which a body alone cannot be.
    body: Mutex<Body>,
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) trace: Option<TraceId>,
    idle: Duration,
}

impl Answer {
    pub(crate) fn new(response: Response, hop: &Hop, trace: Option<TraceId>, idle: Duration) -> Self {
        let (head, body) = response.into_parts();
        Self { head, body: Mutex::new(body), method: hop.method.clone(), uri: hop.uri.clone(), trace, idle }
    }

    pub(crate) fn into_response(self) -> Response {
        Response::from_parts(self.head, self.body.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.head.status
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// A header as text; absent if it is not text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.headers().get(name)?.to_str().ok()
    }

    /// `Content-Length`, if it is a number.
    pub(crate) fn content_length(&self) -> Option<u64> {
        self.headers().get(CONTENT_LENGTH)?.to_str().ok()?.trim().parse().ok()
    }

    pub(crate) fn at(&self) -> Box<At> {
        At::new(&self.method, &self.uri, self.trace)
    }

    pub(crate) fn wire(&self, error: WireError) -> ClientError {
        ClientError::Wire { at: self.at(), error }
    }

    pub(crate) fn unusable(&self, what: impl Into<String>) -> ClientError {
        ClientError::Answer { at: self.at(), what: what.into() }
    }

    /// The next frame of the body, with a limit to silence.
    pub(crate) async fn frame(&mut self) -> Option<Result<Bytes, WireError>> {
        let idle = self.idle;
        let body = self.body.get_mut().unwrap_or_else(PoisonError::into_inner);
        tokio::time::timeout(idle, body.next()).await.unwrap_or(Some(Err(WireError::Timeout { after: idle })))
    }

    /// The whole body, for small ones only.
    pub(crate) async fn collect(&mut self, limit: usize) -> Result<Bytes, ClientError> {
        let mut whole = Vec::new();
        while let Some(frame) = self.frame().await {
            let frame = frame.map_err(|error| self.wire(error))?;
            if whole.len() + frame.len() > limit {
                return Err(self.wire(WireError::TooLarge { limit: limit as u64 }));
            }
            whole.extend_from_slice(&frame);
        }
        Ok(whole.into())
    }

    /// Reads a small body that nobody looks at, so that the connection can be used again.
    pub(crate) async fn discard(mut self) {
        let small = self.content_length().is_some_and(|length| length <= 64 * 1024);
        if small && self.method != Method::HEAD {
            // An error here is of no interest: the connection is then closed instead of reused.
            let _ = self.collect(64 * 1024).await;
        }
    }
}
