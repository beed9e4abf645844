//! The bucket read as the layout of distribution v2. Written for audits and shares no code with any registry.

use std::collections::BTreeMap;

use crate::trace::{Entry, Key};
use crate::view::{BucketView, ObjectEntry, ViewError};

/// Longest link: `sha512:` and its hex digits, and room for a newline.
const LINK: usize = 256;

/// What stands in a bucket.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// Blob data by digest.
    pub(super) blobs: BTreeMap<String, ObjectEntry>,
    /// Keys of layer links by repository and digest.
    pub(super) layers: BTreeMap<(String, String), String>,
    /// Keys of manifest links by repository and digest.
    pub(super) revisions: BTreeMap<(String, String), String>,
    /// Keys of tag links by repository and tag.
    pub(super) tags: BTreeMap<(String, String), String>,
    /// Everything in upload directories.
    pub(super) uploads: Vec<ObjectEntry>,
}

impl Index {
    pub(super) async fn of(bucket: &dyn BucketView) -> Result<Self, ViewError> {
        let mut index = Self::default();
        for object in bucket.objects().await? {
            index.add(object);
        }
        Ok(index)
    }

    fn add(&mut self, object: ObjectEntry) {
        let key = Key::of(&object.key);
        let repository = || key.repository.unwrap_or_default().to_owned();
        match (key.entry, key.full_digest(), key.tag) {
            (Entry::BlobData, Some(digest), _) => {
                self.blobs.insert(digest, object);
            }
            (Entry::Layer, Some(digest), _) => {
                self.layers.insert((repository(), digest), object.key);
            }
            (Entry::Revision, Some(digest), _) => {
                self.revisions.insert((repository(), digest), object.key);
            }
            (Entry::TagCurrent, _, Some(tag)) => {
                self.tags.insert((repository(), tag.to_owned()), object.key);
            }
            (Entry::Upload, ..) => self.uploads.push(object),
            _ => {}
        }
    }
}

/// The digest that a link holds; `None` if the link is gone or holds something else.
pub(super) async fn read_link(bucket: &dyn BucketView, key: &str) -> Result<Option<String>, ViewError> {
    let Some(content) = bucket.read(key, LINK).await? else { return Ok(None) };
    let text = String::from_utf8_lossy(&content).trim().to_owned();
    let is_digest = text.split_once(':').is_some_and(|(algorithm, hex)| {
        matches!((algorithm, hex.len()), ("sha256", 64) | ("sha512", 128)) && hex.bytes().all(|b| b.is_ascii_hexdigit())
    });
    Ok(is_digest.then_some(text))
}

/// What is wrong with a blob's data: it is not there, has another size, or another content.
pub(super) async fn blob_problem(
    bucket: &dyn BucketView,
    index: &Index,
    digest: &str,
    size: Option<u64>,
) -> Result<Option<String>, ViewError> {
    let Some(object) = index.blobs.get(digest) else { return Ok(Some(format!("no data of {digest}"))) };
    if let Some(size) = size.filter(|size| *size != object.size) {
        return Ok(Some(format!("the data of {digest} has {} bytes, not {size}", object.size)));
    }
    if !digest.starts_with("sha256:") {
        return Ok(None);
    }
    let actual = bucket.digest(&object.key).await?;
    Ok(match actual {
        Some(actual) if actual == digest => None,
        Some(actual) => Some(format!("the data of {digest} is {actual}")),
        None => Some(format!("no data of {digest}")),
    })
}
