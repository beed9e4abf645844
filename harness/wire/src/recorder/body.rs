//! A body that is counted, hashed and excerpted while it passes.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use sha2::{Digest, Sha256};

use super::Recorder;
use super::entry::Entry;
use crate::{Body, WireError};

/// Which half of the exchange a body belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Request,
    Response,
}

/// Passes the frames of `inner` on and tells `entry` about them.
pub(super) struct RecordedBody {
    inner: Body,
    entry: Arc<Entry>,
    side: Side,
    recorder: Recorder,
    hash: Option<Sha256>,
    bytes: u64,
    ended: bool,
}

impl RecordedBody {
    pub(super) fn new(inner: Body, entry: Arc<Entry>, side: Side, recorder: Recorder, digests: bool) -> Self {
        Self { inner, entry, side, recorder, hash: digests.then(Sha256::new), bytes: 0, ended: false }
    }

    fn end(&mut self, complete: bool, error: Option<&WireError>) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        let hash = self.hash.take().filter(|_| self.bytes > 0);
        let digest = hash.map(|hash| format!("sha256:{}", hex::encode(hash.finalize())));
        self.entry.body_ended(self.side, complete, digest);
        if self.side == Side::Response {
            if let Some(error) = error {
                self.entry.failed(error.to_string());
            }
            self.recorder.ended(&self.entry);
        }
    }
}

impl http_body::Body for RecordedBody {
    type Data = Bytes;
    type Error = WireError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, WireError>>> {
        let this = &mut *self;
        let polled = std::task::ready!(Pin::new(&mut this.inner).poll_frame(cx));
        match &polled {
            None => this.end(true, None),
            Some(Err(error)) => this.end(false, Some(error)),
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    this.bytes += data.len() as u64;
                    if let Some(hash) = &mut this.hash {
                        hash.update(data);
                    }
                    this.entry.passed(this.side, data);
                }
                if this.inner.is_end_stream() {
                    this.end(true, None);
                }
            }
        }
        Poll::Ready(polled)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for RecordedBody {
    /// A reader that knows the length may stop without asking for the end.
    fn drop(&mut self) {
        let complete = self.inner.length() == Some(self.bytes);
        self.end(complete, None);
    }
}
