//! Where texts come from. This crate has no IO: the command line brings the file system.

use std::collections::BTreeMap;

use crate::read::limits::FILE_BYTES;

/// Gives the text of a file by its path. Paths of includes are joined with `/` and without `.` and `..`.
pub trait Source {
    /// The text of the file at `path`. Must refuse files of more than [`FILE_BYTES`](crate::FILE_BYTES) before reading them.
    fn read(&self, path: &str) -> Result<String, SourceError>;
}

/// Why a file cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// No such file.
    #[error("there is no such file")]
    NotFound,
    /// More bytes than a scenario file may have.
    #[error("it has {bytes} bytes, more than the {} that a scenario file may have", FILE_BYTES)]
    TooLarge {
        /// Its size.
        bytes: u64,
    },
    /// Not UTF-8.
    #[error("it is not UTF-8: byte {offset} is wrong")]
    NotUtf8 {
        /// Offset of the first wrong byte.
        offset: usize,
    },
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

impl SourceError {
    /// The text of these bytes, within the limits of a scenario file. For implementations of [`Source`].
    pub fn text(bytes: Vec<u8>) -> Result<String, Self> {
        if bytes.len() > FILE_BYTES {
            return Err(Self::TooLarge { bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX) });
        }
        String::from_utf8(bytes).map_err(|error| Self::NotUtf8 { offset: error.utf8_error().valid_up_to() })
    }

    /// What to do next.
    pub(crate) fn help(&self) -> &'static str {
        match self {
            Self::NotFound => "check the path; the paths in `include` are relative to the file that includes",
            Self::TooLarge { .. } => "split it: one scenario per file; content comes from `given`, not from the file",
            Self::NotUtf8 { .. } => "save it as UTF-8",
            Self::Other(_) => "check that the file can be read",
        }
    }
}

/// Files in memory, for tests and for scenarios that are built into a program.
#[derive(Debug, Clone, Default)]
pub struct MapSource(BTreeMap<String, String>);

impl MapSource {
    /// A source with one more file.
    pub fn with(mut self, path: impl Into<String>, text: impl Into<String>) -> Self {
        self.0.insert(path.into(), text.into());
        self
    }
}

impl Source for MapSource {
    fn read(&self, path: &str) -> Result<String, SourceError> {
        let text = self.0.get(path).ok_or(SourceError::NotFound)?;
        SourceError::text(text.clone().into_bytes())
    }
}
