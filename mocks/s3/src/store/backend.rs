//! The trait of the two stores, and what one tells it.

use std::borrow::Cow;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use super::content::Content;
use super::model::Head;
use crate::error::S3Error;

/// Where bytes go, and what makes the index last.
pub(crate) trait Backend: Send + Sync + 'static {
    /// Begins to write one content.
    fn writer(&self) -> BoxFuture<'_, Result<Box<dyn Writer>, S3Error>>;

    /// Keeps one change of the index. Called in the order of the changes, under the index's lock, so it must be short.
    fn keep(&self, change: &Change<'_>) -> Result<(), S3Error>;

    /// True if something was refused because there was no room for it.
    fn was_full(&self) -> bool {
        false
    }
}

/// One content being written. Dropping it unfinished leaves nothing behind.
pub(crate) trait Writer: Send {
    /// Adds bytes.
    fn write(&mut self, bytes: Bytes) -> BoxFuture<'_, Result<(), S3Error>>;

    /// Ends it; only now it may be referred to.
    fn finish(self: Box<Self>) -> BoxFuture<'static, Result<Content, S3Error>>;
}

/// One change of the index, as a line of the file store's log.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Change<'a> {
    /// A bucket was made.
    Bucket { bucket: Cow<'a, str>, created_us: u64 },
    /// A bucket is gone, with all it held.
    NoBucket { bucket: Cow<'a, str> },
    /// A key has a new object.
    Object { bucket: Cow<'a, str>, key: Cow<'a, str>, head: Cow<'a, Head>, content: Vec<Extent> },
    /// A key has none any more.
    NoObject { bucket: Cow<'a, str>, key: Cow<'a, str> },
    /// An upload was opened.
    Upload { bucket: Cow<'a, str>, key: Cow<'a, str>, id: Cow<'a, str>, order: u64, head: Cow<'a, Head>, foreign: bool },
    /// An upload has a (new) part.
    Part { bucket: Cow<'a, str>, id: Cow<'a, str>, number: u32, head: Cow<'a, Head>, content: Vec<Extent> },
    /// An upload was completed or aborted.
    NoUpload { bucket: Cow<'a, str>, id: Cow<'a, str> },
}

/// A piece of a data file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Extent {
    pub(crate) file: String,
    pub(crate) offset: u64,
    pub(crate) length: u64,
}
