//! The bytes of an object as a list of pieces, in memory or in files, shared between copies. Never one contiguous buffer.

use std::collections::VecDeque;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bytes::{Bytes, BytesMut};
use shakedown_wire::{Body, WireError};
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use super::backend::Extent;

/// How much of a file is read at once.
const READ_BYTES: usize = 256 << 10;

/// Bytes that can be sliced, joined and streamed without copying them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Content {
    pieces: Arc<[Piece]>,
    length: u64,
}

#[derive(Debug, Clone)]
pub(super) struct Piece {
    source: Source,
    offset: u64,
    length: u64,
}

#[derive(Debug, Clone)]
enum Source {
    Memory { bytes: Bytes, _held: Arc<Held> },
    File(Arc<DataFile>),
}

/// Counts the bytes of one written content against the memory store's limit for as long as somebody refers to them.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) bytes: u64,
    pub(super) total: Arc<AtomicU64>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.total.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// A file that goes away with its last reference, unless the store itself is closing.
#[derive(Debug)]
pub(super) struct DataFile {
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) closing: Arc<AtomicBool>,
}

impl Drop for DataFile {
    fn drop(&mut self) {
        if !self.closing.load(Ordering::Relaxed)
            && let Err(error) = std::fs::remove_file(&self.path)
        {
            tracing::warn!(path = %self.path.display(), %error, "cannot remove a data file of the S3 store");
        }
    }
}

impl Piece {
    pub(super) fn memory(bytes: Bytes, held: Arc<Held>) -> Self {
        let length = bytes.len() as u64;
        Self { source: Source::Memory { bytes, _held: held }, offset: 0, length }
    }

    pub(super) fn file(file: Arc<DataFile>, offset: u64, length: u64) -> Self {
        Self { source: Source::File(file), offset, length }
    }

    fn slice(&self, skip: u64, length: u64) -> Self {
        Self { source: self.source.clone(), offset: self.offset + skip, length }
    }
}

impl Content {
    pub(super) fn new(pieces: Vec<Piece>) -> Self {
        let length = pieces.iter().map(|piece| piece.length).sum();
        Self { pieces: pieces.into(), length }
    }

    /// Length in bytes.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// One after the other.
    pub(crate) fn join<'a>(parts: impl Iterator<Item = &'a Self>) -> Self {
        Self::new(parts.flat_map(|part| part.pieces.iter().cloned()).collect())
    }

    /// The bytes of a range, which may reach beyond the end.
    pub(crate) fn slice(&self, range: Range<u64>) -> Self {
        if range.start == 0 && range.end >= self.length {
            return self.clone();
        }
        let mut pieces = Vec::new();
        let mut start = 0;
        for piece in self.pieces.iter() {
            let end = start + piece.length;
            let (from, to) = (range.start.max(start), range.end.min(end));
            if from < to {
                pieces.push(piece.slice(from - start, to - from));
            }
            start = end;
        }
        Self::new(pieces)
    }

    /// Where the bytes are in files; `None` if some are in memory.
    pub(super) fn extents(&self) -> Option<Vec<Extent>> {
        let extent = |piece: &Piece| match &piece.source {
            Source::Memory { .. } => None,
            Source::File(file) => Some(Extent { file: file.name.clone(), offset: piece.offset, length: piece.length }),
        };
        self.pieces.iter().map(extent).collect()
    }

    /// The bytes as a stream of known length.
    pub(crate) fn into_body(self) -> Body {
        if let [Piece { source: Source::Memory { bytes, .. }, .. }] = &*self.pieces {
            let (piece, bytes) = (&self.pieces[0], bytes.clone());
            return Body::full(memory_slice(piece, &bytes));
        }
        let length = self.length;
        let reading = Reading { pieces: self.pieces.iter().cloned().collect(), file: None };
        Body::sized(length, futures_util::stream::try_unfold(reading, Reading::next))
    }
}

fn memory_slice(piece: &Piece, bytes: &Bytes) -> Bytes {
    let start = usize::try_from(piece.offset).unwrap_or(usize::MAX);
    let end = usize::try_from(piece.offset + piece.length).unwrap_or(usize::MAX);
    bytes.slice(start..end)
}

/// A content being streamed; at most one file is open.
struct Reading {
    pieces: VecDeque<Piece>,
    file: Option<(tokio::fs::File, u64)>,
}

impl Reading {
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, WireError> {
        loop {
            if let Some((file, left)) = &mut self.file {
                if *left > 0 {
                    let data = read(file, *left).await.map_err(|error| WireError::Other(error.to_string()))?;
                    *left -= data.len() as u64;
                    return Ok(Some((data, self)));
                }
                self.file = None;
                self.pieces.pop_front();
            }
            let Some(piece) = self.pieces.front() else { return Ok(None) };
            match &piece.source {
                Source::Memory { bytes, .. } => {
                    let data = memory_slice(piece, bytes);
                    self.pieces.pop_front();
                    return Ok(Some((data, self)));
                }
                Source::File(data) => {
                    let file = open(data, piece.offset).await.map_err(|error| WireError::Other(error.to_string()))?;
                    self.file = Some((file, piece.length));
                }
            }
        }
    }
}

async fn open(data: &DataFile, offset: u64) -> std::io::Result<tokio::fs::File> {
    let mut file = tokio::fs::File::open(&data.path).await?;
    if offset > 0 {
        file.seek(std::io::SeekFrom::Start(offset)).await?;
    }
    Ok(file)
}

async fn read(file: &mut tokio::fs::File, left: u64) -> std::io::Result<Bytes> {
    let want = usize::try_from(left).unwrap_or(usize::MAX).min(READ_BYTES);
    let mut buffer = BytesMut::with_capacity(want);
    while buffer.is_empty() {
        if file.take(want as u64).read_buf(&mut buffer).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(buffer.freeze())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn content(frames: &[Vec<u8>]) -> Content {
        let total = Arc::new(AtomicU64::new(0));
        let held = Arc::new(Held { bytes: 0, total });
        Content::new(frames.iter().map(|frame| Piece::memory(Bytes::copy_from_slice(frame), held.clone())).collect())
    }

    async fn bytes(content: Content) -> Vec<u8> {
        content.into_body().collect(1 << 20).await.unwrap().to_vec()
    }

    proptest! {
        #[test]
        fn slices_and_joins_hold_the_bytes_of_their_sources(
            frames in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..20), 0..6),
            a in 0u64..130, b in 0u64..130,
        ) {
            let whole = frames.concat();
            let content = content(&frames);
            let range = a.min(b)..a.max(b);
            let clip = |at: u64| usize::try_from(at).unwrap().min(whole.len());
            let want = whole[clip(range.start)..clip(range.end)].to_vec();
            let slice = content.slice(range.clone());
            prop_assert_eq!(slice.length(), want.len() as u64);
            let again = slice.slice(1..u64::MAX);
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            prop_assert_eq!(&runtime.block_on(bytes(slice.clone())), &want);
            prop_assert_eq!(runtime.block_on(bytes(again)), want.get(1..).unwrap_or_default().to_vec());
            let joined = Content::join([&slice, &content].into_iter());
            prop_assert_eq!(runtime.block_on(bytes(joined)), [want, whole].concat());
        }
    }
}
