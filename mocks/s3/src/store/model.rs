//! Objects, uploads and parts: what is known of each.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::content::Content;
use crate::error::{Code, S3Error};
use crate::metadata::Kept;

/// Objects and parts of all buckets together; one costs about 600 bytes.
const MAX_ENTRIES: usize = 5_000_000;

/// What is known of an object or a part besides its bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    /// Without quotes.
    pub(crate) etag: String,
    pub(crate) modified_us: u64,
    /// `Content-Type` and the other headers that are kept and given back.
    pub(crate) headers: Kept,
    /// `x-amz-checksum-*` values by header name.
    pub(crate) checksums: BTreeMap<String, String>,
}

impl Head {
    /// Last-Modified.
    pub(crate) fn modified(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_micros(self.modified_us)
    }

    /// As S3 writes ETags: in quotes.
    pub(crate) fn quoted_etag(&self) -> String {
        ["\"", &self.etag, "\""].concat()
    }
}

/// Microseconds since 1970.
pub(crate) fn micros(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

/// An object.
#[derive(Debug, Default)]
pub(crate) struct Object {
    pub(crate) head: Head,
    pub(crate) content: Content,
    /// Its place in the index, once it has one.
    pub(super) entry: Option<Entry>,
}

impl Object {
    pub(crate) fn new(head: Head, content: Content) -> Self {
        Self { head, content, entry: None }
    }
}

/// One object or part of the index, counted: copies have no bytes of their own, so bytes alone would not bound their number.
#[derive(Debug)]
pub(super) struct Entry(Arc<AtomicUsize>);

impl Entry {
    /// One more, if there is room.
    pub(super) fn new(count: &Arc<AtomicUsize>) -> Result<Self, S3Error> {
        let entry = Self(count.clone());
        if count.fetch_add(1, Ordering::Relaxed) >= MAX_ENTRIES {
            return Err(S3Error::new(Code::ServiceUnavailable, "The store holds too many objects and parts."));
        }
        Ok(entry)
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A part of an upload.
pub(crate) type Part = Object;

/// An open upload without its parts.
#[derive(Debug, Clone)]
pub(crate) struct Upload {
    pub(crate) key: String,
    pub(crate) id: String,
    /// Position among all uploads: listings of one key go by it.
    pub(crate) order: u64,
    /// Headers of the object to be; `modified_us` is when it was initiated.
    pub(crate) head: Head,
    /// Seeded by a fault or by hand, not by the registry under test.
    pub(crate) foreign: bool,
}

/// The parts of an upload by their numbers.
pub(crate) type Parts = BTreeMap<u32, Arc<Part>>;

/// One page of parts, and whether there are more.
pub(crate) type PartPage = (Vec<(u32, Arc<Part>)>, bool);

/// What a repeated CompleteMultipartUpload is answered with.
#[derive(Debug, Clone)]
pub(crate) struct Finished {
    pub(crate) key: String,
    pub(crate) etag: String,
}
