//! Taking up an upload that broke off: ask what is there, never guess (CH16, D04, D07, D08, D10, D12).

use shakedown_oci::Received;

use super::blob::Job;
use super::upload::Upload;
use crate::ClientError;

/// Smallest chunk we go down to when a registry finds chunks too large.
const SMALLEST_CHUNK: u64 = 64 * 1024;

/// The request of an upload that was tried last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// POST.
    Begin,
    /// PATCH.
    Patch,
    /// The request that ends the upload: if its answer is lost, the blob may be there.
    Close,
}

/// What is to be done after a failure.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Recovery {
    /// The blob is there: only the answer was lost.
    Done,
    /// Try again from the state the job now has.
    GoOn,
    /// The registry says that no try will help.
    GiveUp,
}

impl Job<'_> {
    /// Whether asking the registry about the upload can help. 404 stands for a session that was lost, 416 for one that is elsewhere
    /// than we think, 413 for a chunk that is too large.
    pub(super) fn may_recover(&self, error: &ClientError) -> bool {
        match error.status() {
            Some(404) => self.step != Step::Begin,
            Some(413 | 416) => self.step == Step::Patch,
            _ => error.is_passing(),
        }
    }

    pub(super) async fn recover(&mut self, error: &ClientError) -> Recovery {
        if self.step == Step::Close && matches!(self.op.is_there(self.repository, self.blob).await, Ok(true)) {
            return Recovery::Done;
        }
        if self.new_session {
            (self.upload, self.offset) = (None, 0);
            return Recovery::GoOn;
        }
        let too_large = matches!(error.status(), Some(413 | 416));
        let before = self.offset;
        self.look().await;
        if too_large && self.offset == before && !self.smaller_chunks() {
            return Recovery::GiveUp;
        }
        Recovery::GoOn
    }

    /// Asks for the upload's state; without a usable answer the next try begins a new upload.
    async fn look(&mut self) {
        let Some(upload) = self.upload.take() else {
            self.offset = 0;
            return;
        };
        let Ok(status) = self.op.upload_status(&upload.location).await else {
            self.offset = 0;
            return;
        };
        let size = self.blob.descriptor.size;
        let offset = match status.received {
            Some(Received::Exactly(received)) if received <= size => Some(received),
            // D07: none, or one. A new upload costs less than guessing wrong.
            _ => None,
        };
        self.offset = offset.unwrap_or(0);
        self.upload = offset.map(|_| Upload { location: status.location, min_chunk: upload.min_chunk });
    }

    /// Halves the chunks; false if they cannot be smaller.
    fn smaller_chunks(&mut self) -> bool {
        let current = self.chunk_limit.min(self.blob.descriptor.size - self.offset);
        let half = (current / 2).max(SMALLEST_CHUNK);
        self.chunk_limit = half;
        half < current
    }
}
