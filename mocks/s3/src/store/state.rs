//! The index: buckets and the lock around them. Objects and uploads are in files of their own.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::backend::{Backend, Change, Writer};
use super::content::Content;
use super::history::{History, Superseded};
use super::model::{Entry, Finished, Object, Part, Upload};
use crate::error::{Code, S3Error};
use crate::payload::{Digests, Payload};
use crate::visibility::{Hide, Stamp, Versions};

/// Remembered completions and 404s, each at most so many a bucket.
const MAX_REMEMBERED: usize = 10_000;

const MAX_BUCKETS: usize = 10_000;

/// The store: the index and the backend behind it.
pub(crate) struct Store {
    /// Dropped before the index: a file store that closes must not take the end of the references for deletes.
    backend: Box<dyn Backend>,
    state: Mutex<State>,
    entries: Arc<AtomicUsize>,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) seq: u64,
    pub(super) buckets: BTreeMap<String, Bucket>,
    history: History,
}

#[derive(Default)]
pub(super) struct Bucket {
    pub(super) created_us: u64,
    pub(super) objects: BTreeMap<String, Versions<Object>>,
    /// By key and order, as they are listed.
    pub(super) uploads: BTreeMap<(String, u64), UploadSlot>,
    pub(super) by_id: BTreeMap<String, (String, u64)>,
    pub(super) finished: BTreeMap<String, Finished>,
    pub(super) finished_order: VecDeque<String>,
    /// Closed uploads that a late or past listing may still show.
    pub(super) closed: VecDeque<(String, u64)>,
    /// Keys whose 404 is remembered, and until when.
    pub(super) absent: BTreeMap<String, Duration>,
}

pub(super) struct UploadSlot {
    /// As listings see it: opened, then closed.
    pub(super) listing: Versions<Upload>,
    pub(super) parts: BTreeMap<u32, Versions<Part>>,
}

/// When a request writes, and which views see it late.
#[derive(Debug, Default)]
pub(crate) struct Writing {
    pub(crate) at: Duration,
    pub(crate) hides: Vec<Hide>,
}

impl Store {
    /// An index with nothing in it.
    pub(crate) fn new(backend: Box<dyn Backend>) -> Self {
        Self::with_state(State::default(), backend)
    }

    pub(super) fn with_state(state: State, backend: Box<dyn Backend>) -> Self {
        Self { backend, state: Mutex::new(state), entries: Arc::default() }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn keep(&self, change: &Change<'_>) -> Result<(), S3Error> {
        self.backend.keep(change)
    }

    /// Gives an object its place in the index.
    pub(super) fn enter(&self, mut object: Object) -> Result<Object, S3Error> {
        object.entry = Some(Entry::new(&self.entries)?);
        Ok(object)
    }

    /// True if a write was refused because there was no room for it.
    pub(crate) fn was_full(&self) -> bool {
        self.backend.was_full()
    }

    /// How many writes there were.
    pub(crate) fn seq(&self) -> u64 {
        self.state().seq
    }

    /// Begins to write a content.
    pub(crate) async fn writer(&self) -> Result<Box<dyn Writer>, S3Error> {
        self.backend.writer().await
    }

    /// Writes a request's body and compares what was promised about it.
    pub(crate) async fn write(&self, mut payload: Payload) -> Result<(Content, Digests), S3Error> {
        let mut writer = self.writer().await?;
        while let Some(data) = payload.next().await? {
            writer.write(data).await?;
        }
        let digests = payload.finish()?;
        Ok((writer.finish().await?, digests))
    }

    /// The names of all buckets with their times of creation.
    pub(crate) fn buckets(&self) -> Vec<(String, u64)> {
        self.state().buckets.iter().map(|(name, bucket)| (name.clone(), bucket.created_us)).collect()
    }

    /// True if the bucket exists.
    pub(crate) fn has_bucket(&self, name: &str) -> bool {
        self.state().buckets.contains_key(name)
    }

    /// Makes a bucket; false if there is one already.
    pub(crate) fn create_bucket(&self, name: &str, created_us: u64) -> Result<bool, S3Error> {
        let mut state = self.state();
        if state.buckets.contains_key(name) {
            return Ok(false);
        }
        if state.buckets.len() >= MAX_BUCKETS {
            return Err(Code::TooManyBuckets.into());
        }
        self.keep(&Change::Bucket { bucket: Cow::Borrowed(name), created_us })?;
        state.buckets.insert(name.to_owned(), Bucket { created_us, ..Bucket::default() });
        Ok(true)
    }

    /// Removes a bucket; only an empty one unless `force`.
    pub(crate) fn delete_bucket(&self, name: &str, force: bool) -> Result<(), S3Error> {
        let mut state = self.state();
        let bucket = state.bucket(name)?;
        let empty = bucket.objects.values().all(|versions| versions.latest().is_none()) && bucket.by_id.is_empty();
        if !empty && !force {
            return Err(Code::BucketNotEmpty.into());
        }
        self.keep(&Change::NoBucket { bucket: Cow::Borrowed(name) })?;
        state.buckets.remove(name);
        Ok(())
    }
}

impl State {
    pub(super) fn bucket(&self, name: &str) -> Result<&Bucket, S3Error> {
        self.buckets.get(name).ok_or_else(|| no_such_bucket(name))
    }

    pub(super) fn bucket_mut(&mut self, name: &str) -> Result<&mut Bucket, S3Error> {
        self.buckets.get_mut(name).ok_or_else(|| no_such_bucket(name))
    }

    /// The stamp of the next write.
    pub(super) fn stamp(&mut self, writing: Writing) -> Stamp {
        self.seq += 1;
        Stamp { seq: self.seq, at: writing.at, hides: writing.hides }
    }

    /// Puts the newest state of a key (`None`: deleted) and forgets the past that is beyond its bounds.
    pub(super) fn push_object(
        &mut self,
        bucket: &str,
        key: &str,
        object: Option<Arc<Object>>,
        writing: Writing,
    ) -> Result<(), S3Error> {
        let stamp = self.stamp(writing);
        let versions = self.bucket_mut(bucket)?.objects.entry(key.to_owned()).or_default();
        let bytes = versions.latest().map_or(0, |object| object.content.length());
        let Some(seq) = versions.push(stamp, object) else { return Ok(()) };
        let superseded = Superseded { bucket: bucket.to_owned(), key: key.to_owned(), seq, bytes };
        for old in self.history.push(superseded) {
            let Some(bucket) = self.buckets.get_mut(&old.bucket) else { continue };
            let Some(versions) = bucket.objects.get_mut(&old.key) else { continue };
            if versions.forget(old.seq) {
                bucket.objects.remove(&old.key);
            }
        }
        Ok(())
    }
}

impl Bucket {
    /// Remembers a completion for its repetition.
    pub(super) fn remember_finished(&mut self, id: String, finished: Finished) {
        self.finished_order.push_back(id.clone());
        self.finished.insert(id, finished);
        if self.finished_order.len() > MAX_REMEMBERED
            && let Some(oldest) = self.finished_order.pop_front()
        {
            self.finished.remove(&oldest);
        }
    }

    /// Remembers a 404.
    pub(super) fn remember_absent(&mut self, key: &str, now: Duration, until: Duration) {
        if self.absent.len() >= MAX_REMEMBERED {
            self.absent.retain(|_, end| *end > now);
        }
        if self.absent.len() < MAX_REMEMBERED {
            let end = self.absent.entry(key.to_owned()).or_default();
            *end = until.max(*end);
        }
    }
}

fn no_such_bucket(name: &str) -> S3Error {
    S3Error::from(Code::NoSuchBucket).with("BucketName", name)
}
