//! A part of a file as content: a blob of a layout, or a layer inside an archive.

use std::ops::Range;
use std::path::PathBuf;

use bytes::BytesMut;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use shakedown_wire::{Body, WireError};
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use super::blob::{BlobSource, SourceError};

/// Bytes per frame.
const FRAME: usize = 256 * 1024;

/// `size` bytes of a file, from `offset`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRange {
    /// The file.
    pub path: PathBuf,
    /// Where the content begins.
    pub offset: u64,
    /// How long it is.
    pub size: u64,
}

impl FileRange {
    /// The whole of a file.
    ///
    /// # Errors
    /// If the file cannot be asked for its length.
    pub async fn whole(path: impl Into<PathBuf>) -> Result<Self, SourceError> {
        let path = path.into();
        let size = tokio::fs::metadata(&path).await.map_err(|error| SourceError::new(path.display(), error))?.len();
        Ok(Self { path, offset: 0, size })
    }

    async fn open(&self, range: Range<u64>) -> Result<Body, SourceError> {
        let wrong = |error: &dyn std::fmt::Display| SourceError::new(self.path.display(), error);
        if range.start > range.end || range.end > self.size {
            return Err(wrong(&"the range lies outside"));
        }
        let mut file = tokio::fs::File::open(&self.path).await.map_err(|error| wrong(&error))?;
        file.seek(std::io::SeekFrom::Start(self.offset + range.start)).await.map_err(|error| wrong(&error))?;
        let length = range.end - range.start;
        let path = self.path.display().to_string();
        let frames = futures_util::stream::try_unfold((file, length), move |(mut file, left)| {
            let path = path.clone();
            async move {
                if left == 0 {
                    return Ok(None);
                }
                let mut frame = BytesMut::with_capacity(FRAME.min(usize::try_from(left).unwrap_or(FRAME)));
                let read = (&mut file).take(left).read_buf(&mut frame).await;
                match read {
                    Ok(0) => Err(WireError::Other(format!("cannot read {path}: it ends {left} bytes early"))),
                    Ok(count) => Ok(Some((frame.freeze(), (file, left - count as u64)))),
                    Err(error) => Err(WireError::Other(format!("cannot read {path}: {error}"))),
                }
            }
        });
        Ok(Body::sized(length, frames))
    }
}

impl BlobSource for FileRange {
    fn size(&self) -> u64 {
        self.size
    }

    fn read(&self, range: Range<u64>) -> BoxFuture<'_, Result<Body, SourceError>> {
        self.open(range).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_part_of_a_file_is_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x");
        std::fs::write(&path, (0..=255_u8).cycle().take(600_000).collect::<Vec<_>>()).unwrap();
        let part = FileRange { path: path.clone(), offset: 1000, size: 500_000 };
        let bytes = part.read(24..400_000).await.unwrap().collect(1 << 20).await.unwrap();
        assert_eq!(bytes.len(), 399_976);
        assert_eq!(bytes[..3], [0, 1, 2]);
        assert!(part.read(0..500_001).await.is_err());
        let beyond = FileRange { path: path.clone(), offset: 500_000, size: 500_000 };
        let error = beyond.read(0..500_000).await.unwrap().drain().await.unwrap_err();
        assert!(error.to_string().contains("ends 400000 bytes early"), "{error}");
        assert_eq!(FileRange::whole(&path).await.unwrap().size, 600_000);
        assert!(FileRange::whole(directory.path().join("y")).await.is_err());
    }
}
