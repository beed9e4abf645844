//! How long a client waits: for a head while nothing moves, and for the next bytes of a body.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep};

use crate::{Body, WireError};

/// The limits; `None` waits for ever.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    pub(super) head: Option<Duration>,
    pub(super) body: Option<Duration>,
}

impl Patience {
    /// `body`, ending in an error when it is silent for too long.
    pub(super) fn for_body(&self, body: Body) -> Body {
        match self.body {
            Some(after) if !http_body::Body::is_end_stream(&body) => {
                let silence = Box::pin(tokio::time::sleep(after));
                Body::new(Impatient { inner: body, after, silence, waiting: false })
            }
            _ => body,
        }
    }
}

/// `call`, unless neither it nor the request's body moves for so long.
pub(super) async fn for_head<T>(
    after: Duration,
    progress: &Progress,
    call: impl Future<Output = Result<T, WireError>>,
) -> Result<T, WireError> {
    let too_late = async {
        let mut since = progress.last();
        loop {
            tokio::time::sleep_until(since + after).await;
            match progress.last() {
                last if last == since => return WireError::Timeout { after },
                last => since = last,
            }
        }
    };
    tokio::select! {
        biased;
        outcome = call => outcome,
        error = too_late => Err(error),
    }
}

/// When the request last moved.
#[derive(Debug, Clone)]
pub(super) struct Progress(Arc<Mutex<Instant>>);

impl Default for Progress {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }
}

impl Progress {
    /// `body`, noting every frame that is taken from it.
    pub(super) fn watch(&self, body: Body) -> Body {
        if http_body::Body::is_end_stream(&body) {
            return body;
        }
        let length = body.length();
        Body::new(Watched { inner: body, progress: self.clone() }).with_length(length)
    }

    fn last(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Watched {
    inner: Body,
    progress: Progress,
}

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = WireError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, WireError>>> {
        let polled = std::task::ready!(Pin::new(&mut self.inner).poll_frame(cx));
        *self.progress.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        Poll::Ready(polled)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

struct Impatient {
    inner: Body,
    after: Duration,
    silence: Pin<Box<Sleep>>,
    /// The silence began; a reader that does not ask does not make one.
    waiting: bool,
}

impl http_body::Body for Impatient {
    type Data = Bytes;
    type Error = WireError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, WireError>>> {
        let this = &mut *self;
        if let Poll::Ready(polled) = Pin::new(&mut this.inner).poll_frame(cx) {
            this.waiting = false;
            return Poll::Ready(polled);
        }
        if !std::mem::replace(&mut this.waiting, true) {
            this.silence.as_mut().reset(Instant::now() + this.after);
        }
        std::task::ready!(this.silence.as_mut().poll(cx));
        Poll::Ready(Some(Err(WireError::Timeout { after: this.after })))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
