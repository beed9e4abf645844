//! The memory store: contents are the frames as they arrived. Nothing outlives the process.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bytes::{Bytes, BytesMut};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::backend::{Backend, Change, Writer};
use super::content::{Content, Held, Piece};
use crate::error::{Code, S3Error};

/// Frames smaller than this are gathered, so that a peer that sends single bytes does not cost a hundred times their size.
const SMALL: usize = 16 << 10;
const GATHERED: usize = 64 << 10;

/// Keeps contents in memory, up to a limit.
#[derive(Debug)]
pub(crate) struct MemoryBackend {
    total: Arc<AtomicU64>,
    limit: u64,
    full: Arc<AtomicBool>,
}

impl MemoryBackend {
    pub(crate) fn new(limit: u64) -> Self {
        Self { total: Arc::default(), limit, full: Arc::default() }
    }
}

impl Backend for MemoryBackend {
    fn writer(&self) -> BoxFuture<'_, Result<Box<dyn Writer>, S3Error>> {
        let held = Held { bytes: 0, total: self.total.clone() };
        let (limit, full) = (self.limit, self.full.clone());
        let writer = MemoryWriter { frames: Vec::new(), gathered: BytesMut::new(), held, limit, full };
        let writer: Box<dyn Writer> = Box::new(writer);
        std::future::ready(Ok(writer)).boxed()
    }

    fn keep(&self, _change: &Change<'_>) -> Result<(), S3Error> {
        Ok(())
    }

    fn was_full(&self) -> bool {
        self.full.load(Ordering::Relaxed)
    }
}

struct MemoryWriter {
    frames: Vec<Bytes>,
    gathered: BytesMut,
    held: Held,
    limit: u64,
    full: Arc<AtomicBool>,
}

impl MemoryWriter {
    fn push(&mut self, bytes: Bytes) -> Result<(), S3Error> {
        let more = bytes.len() as u64;
        let total = self.held.total.fetch_add(more, Ordering::Relaxed) + more;
        self.held.bytes += more;
        if total > self.limit {
            self.full.store(true, Ordering::Relaxed);
            let message = "The store is full: raise its limit or use a directory store.";
            return Err(S3Error::new(Code::ServiceUnavailable, message));
        }
        if bytes.len() >= SMALL {
            self.flush();
            self.frames.push(bytes);
            return Ok(());
        }
        self.gathered.extend_from_slice(&bytes);
        if self.gathered.len() >= GATHERED {
            self.flush();
        }
        Ok(())
    }

    fn flush(&mut self) {
        if !self.gathered.is_empty() {
            self.frames.push(std::mem::take(&mut self.gathered).freeze());
        }
    }
}

impl Writer for MemoryWriter {
    fn write(&mut self, bytes: Bytes) -> BoxFuture<'_, Result<(), S3Error>> {
        std::future::ready(self.push(bytes)).boxed()
    }

    fn finish(mut self: Box<Self>) -> BoxFuture<'static, Result<Content, S3Error>> {
        self.flush();
        let held = Arc::new(self.held);
        let pieces = self.frames.into_iter().map(|frame| Piece::memory(frame, held.clone())).collect();
        std::future::ready(Ok(Content::new(pieces))).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn small_frames_are_gathered_and_the_limit_holds_until_dropped() {
        let backend = MemoryBackend::new(100);
        let mut writer = backend.writer().await.unwrap();
        for _ in 0..100 {
            writer.write(Bytes::from_static(b"x")).await.unwrap();
        }
        let content = writer.finish().await.unwrap();
        assert_eq!((content.length(), backend.was_full()), (100, false));
        let mut second = backend.writer().await.unwrap();
        assert_eq!(second.write(Bytes::from_static(b"y")).await.unwrap_err().code, Code::ServiceUnavailable);
        assert!(backend.was_full());
        drop((content, second));
        assert_eq!(backend.total.load(Ordering::Relaxed), 0);
    }
}
