//! From the file store's log back to the index, and to a log that holds only what still stands.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use super::backend::Change;
use super::file::{Contents, OpenError, Opened};
use super::model::{Object, Upload};
use super::state::{Bucket, State, Store, UploadSlot};
use crate::error::S3Error;
use crate::visibility::{Stamp, Versions};

impl Store {
    /// The store of a directory that was opened.
    pub(crate) fn replay(opened: Opened) -> Result<Self, OpenError> {
        let Opened { backend, changes, contents } = opened;
        let mut state = State::default();
        for change in changes {
            state.apply(change, &contents);
        }
        let keep = |change: &Change<'_>| super::backend::Backend::keep(&backend, change);
        state.write_out(&keep).map_err(|error| backend.unwritable(&error))?;
        backend.settle()?;
        // What the log does not refer to any more goes away with `contents`.
        drop(contents);
        Ok(Self::with_state(state, Box::new(backend)))
    }
}

/// The stamp of what was there before this run.
fn before() -> Stamp {
    Stamp { seq: 0, at: Duration::ZERO, hides: Vec::new() }
}

fn single<T>(value: T) -> Versions<T> {
    let mut versions = Versions::default();
    versions.push(before(), Some(Arc::new(value)));
    versions
}

impl State {
    /// One line of the log. A line about something that is gone is of no effect.
    fn apply(&mut self, change: Change<'_>, contents: &Contents) {
        match change {
            Change::Bucket { bucket, created_us } => {
                self.buckets.insert(bucket.into_owned(), Bucket { created_us, ..Bucket::default() });
            }
            Change::NoBucket { bucket } => {
                self.buckets.remove(bucket.as_ref());
            }
            Change::Object { bucket, key, head, content } => {
                let Some(bucket) = self.buckets.get_mut(bucket.as_ref()) else { return };
                match contents.content(&content) {
                    Some(content) => {
                        let object = Object::new(head.into_owned(), content);
                        bucket.objects.insert(key.into_owned(), single(object));
                    }
                    None => tracing::warn!(%key, "the bytes of an object are gone from the S3 store's directory"),
                }
            }
            Change::NoObject { bucket, key } => {
                if let Some(bucket) = self.buckets.get_mut(bucket.as_ref()) {
                    bucket.objects.remove(key.as_ref());
                }
            }
            Change::Upload { bucket, key, id, order, head, foreign } => {
                self.seq = self.seq.max(order);
                let Some(bucket) = self.buckets.get_mut(bucket.as_ref()) else { return };
                let (key, id) = (key.into_owned(), id.into_owned());
                bucket.open_upload(Upload { key, id, order, head: head.into_owned(), foreign }, before());
            }
            Change::Part { bucket, id, number, head, content } => {
                let Some(slot) = self.buckets.get_mut(bucket.as_ref()).and_then(|bucket| bucket.slot_of_id(&id)) else {
                    return;
                };
                if let Some(content) = contents.content(&content) {
                    slot.parts.insert(number, single(Object::new(head.into_owned(), content)));
                }
            }
            Change::NoUpload { bucket, id } => {
                let Some(bucket) = self.buckets.get_mut(bucket.as_ref()) else { return };
                if let Some(place) = bucket.by_id.remove(id.as_ref()) {
                    bucket.uploads.remove(&place);
                }
            }
        }
    }

    /// What stands, as changes from nothing.
    fn write_out(&self, keep: &dyn Fn(&Change<'_>) -> Result<(), S3Error>) -> Result<(), S3Error> {
        for (name, bucket) in &self.buckets {
            keep(&Change::Bucket { bucket: Cow::Borrowed(name), created_us: bucket.created_us })?;
            for (key, versions) in &bucket.objects {
                let Some(object) = versions.latest() else { continue };
                keep(&Change::Object {
                    bucket: Cow::Borrowed(name),
                    key: Cow::Borrowed(key),
                    head: Cow::Borrowed(&object.head),
                    content: object.content.extents().unwrap_or_default(),
                })?;
            }
            for slot in bucket.uploads.values() {
                slot.write_out(name, keep)?;
            }
        }
        Ok(())
    }
}

impl UploadSlot {
    fn write_out(&self, bucket: &str, keep: &dyn Fn(&Change<'_>) -> Result<(), S3Error>) -> Result<(), S3Error> {
        let Some(upload) = self.listing.latest() else { return Ok(()) };
        keep(&Change::Upload {
            bucket: Cow::Borrowed(bucket),
            key: Cow::Borrowed(&upload.key),
            id: Cow::Borrowed(&upload.id),
            order: upload.order,
            head: Cow::Borrowed(&upload.head),
            foreign: upload.foreign,
        })?;
        for (number, versions) in &self.parts {
            let Some(part) = versions.latest() else { continue };
            keep(&Change::Part {
                bucket: Cow::Borrowed(bucket),
                id: Cow::Borrowed(&upload.id),
                number: *number,
                head: Cow::Borrowed(&part.head),
                content: part.content.extents().unwrap_or_default(),
            })?;
        }
        Ok(())
    }
}
