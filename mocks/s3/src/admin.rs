//! A direct look into the store, and a direct hand: what is really there, whatever faults hide. For invariants, world actions and
//! the control interface.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use md5::{Digest as _, Md5};
use serde::{Deserialize, Serialize};
use shakedown_wire::{Body, WireError};

use crate::S3Mock;
use crate::config::{Credential, EtagMode};
use crate::error::S3Error;
use crate::ops::is_bucket_name;
use crate::payload::{Digests, Payload};
use crate::store::{Content, Head, Object, Part, Upload, Writing, micros};

/// Why the store could not be acted upon.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
pub enum AdminError {
    /// No such bucket.
    #[error("there is no bucket `{0}`: make it first")]
    NoSuchBucket(String),
    /// Not a name for a bucket.
    #[error("`{0}` cannot be the name of a bucket: 3 to 63 lower-case letters, digits, dots and dashes")]
    BucketName(String),
    /// No such object.
    #[error("there is no object `{key}` in bucket `{bucket}`")]
    NoSuchKey {
        /// The bucket.
        bucket: String,
        /// The key.
        key: String,
    },
    /// An offset beyond the object's end.
    #[error("`{key}` has {size} bytes: offset {at} is beyond its end")]
    BeyondEnd {
        /// The key.
        key: String,
        /// Its size.
        size: u64,
        /// What was asked for.
        at: u64,
    },
    /// The bytes could not be read.
    #[error("cannot read the bytes: {0}")]
    Read(WireError),
    /// The store refused.
    #[error("the store refused: {0}")]
    Store(String),
}

impl From<S3Error> for AdminError {
    fn from(error: S3Error) -> Self {
        Self::Store(error.to_string())
    }
}

/// An object as it really stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectEntry {
    /// Its key.
    pub key: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its ETag without quotes.
    pub etag: String,
    /// When it was written, in microseconds since 1970.
    pub modified_us: u64,
}

/// A part of an open upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartEntry {
    /// Its number.
    pub number: u32,
    /// Its size in bytes.
    pub size: u64,
    /// Its ETag without quotes.
    pub etag: String,
}

/// An open upload as it really stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadEntry {
    /// The key of the object to be.
    pub key: String,
    /// The upload's id.
    pub upload_id: String,
    /// When it was opened, in microseconds since 1970.
    pub initiated_us: u64,
    /// Seeded by a fault or by [`Admin::seed_upload`], not by a client.
    pub foreign: bool,
    /// Its parts, by number.
    pub parts: Vec<PartEntry>,
}

/// The direct hand on a store. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Admin {
    mock: S3Mock,
}

impl Admin {
    pub(crate) fn new(mock: S3Mock) -> Self {
        Self { mock }
    }

    /// True if a write was refused because memory holds as much as [`Limits::max_stored`](crate::Limits::max_stored) allows.
    pub fn was_full(&self) -> bool {
        self.mock.inner.store.was_full()
    }

    /// The names of all buckets.
    pub fn buckets(&self) -> Vec<String> {
        self.mock.inner.store.buckets().into_iter().map(|(name, _)| name).collect()
    }

    /// Makes a bucket; no matter if there is one.
    ///
    /// # Errors
    /// If the name is not one, or the store cannot keep it.
    pub fn create_bucket(&self, bucket: &str) -> Result<(), AdminError> {
        if !is_bucket_name(bucket) {
            return Err(AdminError::BucketName(bucket.to_owned()));
        }
        self.mock.inner.store.create_bucket(bucket, self.now_us())?;
        Ok(())
    }

    /// Throws a bucket away, with objects, uploads and all that was hidden, and puts an empty one in its place: the storage was swapped.
    ///
    /// # Errors
    /// If the name is not one, or the store cannot keep it.
    pub fn empty_bucket(&self, bucket: &str) -> Result<(), AdminError> {
        if self.mock.inner.store.has_bucket(bucket) {
            self.mock.inner.store.delete_bucket(bucket, true)?;
        }
        self.create_bucket(bucket)
    }

    /// Throws a bucket away with everything in it.
    ///
    /// # Errors
    /// If there is no such bucket.
    pub fn remove_bucket(&self, bucket: &str) -> Result<(), AdminError> {
        self.need(bucket)?;
        Ok(self.mock.inner.store.delete_bucket(bucket, true)?)
    }

    /// The objects below a prefix, in byte order.
    pub fn list(&self, bucket: &str, prefix: &str) -> Vec<ObjectEntry> {
        self.mock.inner.store.all_objects(bucket, prefix).into_iter().map(|(key, object)| entry(key, &object)).collect()
    }

    /// All objects by key.
    pub fn snapshot(&self, bucket: &str) -> BTreeMap<String, ObjectEntry> {
        self.list(bucket, "").into_iter().map(|entry| (entry.key.clone(), entry)).collect()
    }

    /// One object without its bytes.
    pub fn stat(&self, bucket: &str, key: &str) -> Option<ObjectEntry> {
        self.mock.inner.store.latest(bucket, key).map(|object| entry(key.to_owned(), &object))
    }

    /// The bytes of an object, streamed.
    ///
    /// # Errors
    /// If there is no such object.
    pub fn read(&self, bucket: &str, key: &str) -> Result<Body, AdminError> {
        Ok(self.object(bucket, key)?.content.clone().into_body())
    }

    /// Puts an object, seen by everybody at once.
    ///
    /// # Errors
    /// If there is no such bucket, the body breaks, or the store is full.
    pub async fn put(&self, bucket: &str, key: &str, body: impl Into<Body>) -> Result<ObjectEntry, AdminError> {
        self.need(bucket)?;
        let object = self.write(body.into()).await?;
        let made = entry(key.to_owned(), &object);
        self.store_object(bucket, key, object)?;
        Ok(made)
    }

    /// Puts many small objects at once, without a request for each: a bucket that has grown over years, in seconds. They stand in place of
    /// what was at their keys. Gives how many there were. Keys in byte order cost the least.
    ///
    /// # Errors
    /// If there is no such bucket, or the store is full.
    pub async fn put_many(
        &self,
        bucket: &str,
        objects: impl IntoIterator<Item = (String, Bytes)>,
    ) -> Result<usize, AdminError> {
        self.need(bucket)?;
        let (mut all, mut batch) = (Vec::new(), Batch::default());
        for (key, bytes) in objects {
            batch.add(key, &bytes);
            if batch.bytes.len() >= BATCH {
                self.write_batch(&mut batch, &mut all).await?;
            }
        }
        self.write_batch(&mut batch, &mut all).await?;
        let count = all.len();
        self.mock.inner.store.put_objects(bucket, all, self.mock.inner.clock.elapsed())?;
        Ok(count)
    }

    /// Writes the bytes of many objects as one content, of which each object is a part.
    async fn write_batch(&self, batch: &mut Batch, all: &mut Vec<(String, Arc<Object>)>) -> Result<(), AdminError> {
        let Batch { bytes, parts } = std::mem::take(batch);
        let mut writer = self.mock.inner.store.writer().await?;
        writer.write(bytes.into()).await?;
        let content = writer.finish().await?;
        let (modified_us, md5) = (self.now_us(), self.mock.config().etag == EtagMode::Md5);
        for (key, range, hash) in parts {
            let etag = if md5 { hex::encode(hash) } else { self.mock.inner.ids.etag() };
            let head = Head { etag, modified_us, headers: crate::metadata::none(), ..Head::default() };
            all.push((key, self.mock.inner.store.placed(Object::new(head, content.slice(range)))?));
        }
        Ok(())
    }

    /// Deletes an object; true if there was one.
    ///
    /// # Errors
    /// If there is no such bucket.
    pub fn delete(&self, bucket: &str, key: &str) -> Result<bool, AdminError> {
        self.need(bucket)?;
        Ok(self.mock.inner.store.delete_object(bucket, key, self.writing(), |_| Ok(()))?)
    }

    /// Cuts an object to its first `length` bytes, behind everybody's back: its ETag stays.
    ///
    /// # Errors
    /// If there is no such object, or it is shorter.
    pub fn truncate(&self, bucket: &str, key: &str, length: u64) -> Result<(), AdminError> {
        let object = self.object(bucket, key)?;
        check_offset(key, &object, length)?;
        let content = object.content.slice(0..length);
        self.store_object(bucket, key, Object::new(object.head.clone(), content))
    }

    /// Flips the bits of the byte at `at`, behind everybody's back: its ETag stays.
    ///
    /// # Errors
    /// If there is no such byte, or the store cannot be read or written.
    pub async fn corrupt(&self, bucket: &str, key: &str, at: u64) -> Result<(), AdminError> {
        let object = self.object(bucket, key)?;
        let end = at.saturating_add(1);
        check_offset(key, &object, end)?;
        let byte = object.content.slice(at..end).into_body().collect(1).await.map_err(AdminError::Read)?;
        let flipped: Vec<u8> = byte.iter().map(|byte| !byte).collect();
        let middle = self.write(Body::full(flipped)).await?.content;
        let (before, after) = (object.content.slice(0..at), object.content.slice(end..u64::MAX));
        let content = Content::join([&before, &middle, &after].into_iter());
        self.store_object(bucket, key, Object::new(object.head.clone(), content))
    }

    /// The open uploads with their parts, in the order of listings.
    pub fn uploads(&self, bucket: &str) -> Vec<UploadEntry> {
        self.mock.inner.store.all_uploads(bucket).iter().map(|(upload, parts)| upload_entry(upload, parts)).collect()
    }

    /// Opens an upload that no client opened, with parts numbered from 1; gives its id (INCIDENTS A06).
    ///
    /// # Errors
    /// If there is no such bucket, or the store is full.
    pub async fn seed_upload(&self, bucket: &str, key: &str, parts: Vec<Bytes>) -> Result<String, AdminError> {
        self.need(bucket)?;
        let inner = &self.mock.inner;
        let head = Head { modified_us: self.now_us(), ..Head::default() };
        let limit = self.mock.config().limits.max_uploads;
        let id = (limit, |order| inner.ids.upload(order));
        let id = inner.store.create_upload(bucket, key, head, true, self.writing(), id)?;
        for (number, bytes) in (1..).zip(parts) {
            let part = self.write(Body::full(bytes)).await?;
            inner.store.put_part((bucket, key, &id), number, part, self.writing())?;
        }
        Ok(id)
    }

    /// Aborts an open upload.
    ///
    /// # Errors
    /// If there is no such upload.
    pub fn abort_upload(&self, bucket: &str, key: &str, upload_id: &str) -> Result<(), AdminError> {
        self.need(bucket)?;
        Ok(self.mock.inner.store.abort_upload(bucket, key, upload_id, self.writing())?)
    }

    /// Replaces the access keys. Keys that a fault revoked may sign again if they are among the new ones. Faults hear of it as
    /// the event `credentials-changed`.
    pub fn set_credentials(&self, credentials: Vec<Credential>) {
        self.mock.configure(|config| config.credentials = credentials);
        self.mock.forget_revoked();
        self.mock.injector().event("credentials-changed");
    }

    fn need(&self, bucket: &str) -> Result<(), AdminError> {
        if self.mock.inner.store.has_bucket(bucket) { Ok(()) } else { Err(AdminError::NoSuchBucket(bucket.to_owned())) }
    }

    fn object(&self, bucket: &str, key: &str) -> Result<Arc<Object>, AdminError> {
        let missing = || AdminError::NoSuchKey { bucket: bucket.to_owned(), key: key.to_owned() };
        self.mock.inner.store.latest(bucket, key).ok_or_else(missing)
    }

    async fn write(&self, body: Body) -> Result<Object, AdminError> {
        let (content, digests): (Content, Digests) = self.mock.inner.store.write(Payload::trusted(body)).await?;
        let etag = digests.md5.map(hex::encode).unwrap_or_default();
        let head = Head { etag, modified_us: self.now_us(), headers: crate::metadata::none(), ..Head::default() };
        Ok(Object::new(head, content))
    }

    fn store_object(&self, bucket: &str, key: &str, object: Object) -> Result<(), AdminError> {
        Ok(self.mock.inner.store.put_object(bucket, key, object, self.writing(), |_| Ok(()))?)
    }

    fn writing(&self) -> Writing {
        Writing { at: self.mock.inner.clock.elapsed(), hides: Vec::new() }
    }

    fn now_us(&self) -> u64 {
        micros(self.mock.inner.clock.now())
    }
}

/// Bytes of small objects that are written together.
const BATCH: usize = 256 << 10;

/// Objects whose bytes are written together: key, place and MD5 of each.
#[derive(Default)]
struct Batch {
    bytes: Vec<u8>,
    parts: Vec<(String, Range<u64>, [u8; 16])>,
}

impl Batch {
    fn add(&mut self, key: String, bytes: &[u8]) {
        let start = self.bytes.len() as u64;
        self.bytes.extend_from_slice(bytes);
        self.parts.push((key, start..start + bytes.len() as u64, Md5::digest(bytes).into()));
    }
}

fn check_offset(key: &str, object: &Object, at: u64) -> Result<(), AdminError> {
    let size = object.content.length();
    if at <= size { Ok(()) } else { Err(AdminError::BeyondEnd { key: key.to_owned(), size, at }) }
}

fn entry(key: String, object: &Object) -> ObjectEntry {
    let head = &object.head;
    ObjectEntry { key, size: object.content.length(), etag: head.etag.clone(), modified_us: head.modified_us }
}

fn upload_entry(upload: &Upload, parts: &BTreeMap<u32, Arc<Part>>) -> UploadEntry {
    let part = |(number, part): (&u32, &Arc<Part>)| PartEntry {
        number: *number,
        size: part.content.length(),
        etag: part.head.etag.clone(),
    };
    UploadEntry {
        key: upload.key.clone(),
        upload_id: upload.id.clone(),
        initiated_us: upload.head.modified_us,
        foreign: upload.foreign,
        parts: parts.iter().map(part).collect(),
    }
}
