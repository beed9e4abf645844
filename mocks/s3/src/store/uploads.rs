//! Multipart uploads and their parts in the index.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use super::backend::Change;
use super::model::{Finished, Head, Object, Part, PartPage, Parts, Upload};
use super::state::{Bucket, State, Store, UploadSlot, Writing};
use crate::error::{Code, S3Error};
use crate::listing::{Page, Window};
use crate::visibility::{Lens, Versions};

/// Closed uploads that are kept for late and past listings.
const MAX_CLOSED: usize = 1024;

impl Store {
    /// Opens an upload. `id` makes its id from its order.
    pub(crate) fn create_upload(
        &self,
        bucket: &str,
        key: &str,
        head: Head,
        foreign: bool,
        writing: Writing,
        (limit, id): (usize, impl FnOnce(u64) -> String),
    ) -> Result<String, S3Error> {
        let mut state = self.state();
        if state.bucket(bucket)?.by_id.len() >= limit {
            return Err(S3Error::new(
                Code::ServiceUnavailable,
                "Too many open uploads: abort some or raise the limit.",
            ));
        }
        let stamp = state.stamp(writing);
        let order = stamp.seq;
        let id = id(order);
        self.keep(&Change::Upload {
            bucket: Cow::Borrowed(bucket),
            key: Cow::Borrowed(key),
            id: Cow::Borrowed(&id),
            order,
            head: Cow::Borrowed(&head),
            foreign,
        })?;
        let upload = Upload { key: key.to_owned(), id: id.clone(), order, head, foreign };
        state.bucket_mut(bucket)?.open_upload(upload, stamp);
        Ok(id)
    }

    /// An open upload with its parts, whatever is hidden.
    pub(crate) fn upload(&self, bucket: &str, key: &str, id: &str) -> Result<(Arc<Upload>, Parts), S3Error> {
        let state = self.state();
        let slot = state.bucket(bucket)?.slot(key, id)?;
        let parts = slot.parts.iter().filter_map(|(number, part)| Some((*number, part.latest()?.clone()))).collect();
        let upload = slot.listing.latest().ok_or(Code::NoSuchUpload)?.clone();
        Ok((upload, parts))
    }

    /// Stores a part; one of the same number is replaced.
    pub(crate) fn put_part(
        &self,
        at: (&str, &str, &str),
        number: u32,
        part: Part,
        writing: Writing,
    ) -> Result<(), S3Error> {
        let (bucket, key, id) = at;
        let mut state = self.state();
        state.bucket(bucket)?.slot(key, id)?;
        let part = self.enter(part)?;
        self.keep(&Change::Part {
            bucket: Cow::Borrowed(bucket),
            id: Cow::Borrowed(id),
            number,
            head: Cow::Borrowed(&part.head),
            content: part.content.extents().unwrap_or_default(),
        })?;
        let stamp = state.stamp(writing);
        let slot = state.bucket_mut(bucket)?.slot_mut(key, id)?;
        let versions = slot.parts.entry(number).or_default();
        if let Some(superseded) = versions.push(stamp, Some(Arc::new(part)))
            && !versions.hides_newest()
        {
            versions.forget(superseded);
        }
        Ok(())
    }

    /// Turns an upload into an object, if `check` agrees with what is at its key.
    pub(crate) fn complete_upload(
        &self,
        at: (&str, &str, &str),
        object: Object,
        writing: Writing,
        check: impl FnOnce(Option<&Object>) -> Result<(), S3Error>,
    ) -> Result<(), S3Error> {
        let (bucket, key, id) = at;
        let mut state = self.state();
        let found = state.bucket(bucket)?;
        found.slot(key, id)?;
        check(found.objects.get(key).and_then(|versions| versions.latest()).map(Arc::as_ref))?;
        let object = self.enter(object)?;
        self.keep_object(bucket, key, &object)?;
        self.keep(&Change::NoUpload { bucket: Cow::Borrowed(bucket), id: Cow::Borrowed(id) })?;
        let finished = Finished { key: key.to_owned(), etag: object.head.etag.clone() };
        let at = writing.at;
        let (uploads, objects) = writing.hides.into_iter().partition(crate::visibility::Hide::is_of_uploads);
        state.push_object(bucket, key, Some(Arc::new(object)), Writing { at, hides: objects })?;
        state.close_upload(bucket, key, id, Writing { at, hides: uploads })?;
        state.bucket_mut(bucket)?.remember_finished(id.to_owned(), finished);
        Ok(())
    }

    /// What a repeated completion is answered with.
    pub(crate) fn finished(&self, bucket: &str, key: &str, id: &str) -> Option<Finished> {
        let state = self.state();
        state.buckets.get(bucket)?.finished.get(id).filter(|finished| finished.key == key).cloned()
    }

    /// Closes an upload and drops its parts.
    pub(crate) fn abort_upload(&self, bucket: &str, key: &str, id: &str, writing: Writing) -> Result<(), S3Error> {
        let mut state = self.state();
        state.bucket(bucket)?.slot(key, id)?;
        self.keep(&Change::NoUpload { bucket: Cow::Borrowed(bucket), id: Cow::Borrowed(id) })?;
        state.close_upload(bucket, key, id, writing)
    }

    /// One page of the uploads a listing sees. `after_id` goes on within the key of `window.after`.
    pub(crate) fn list_uploads(
        &self,
        bucket: &str,
        lens: &Lens,
        window: &Window,
        after_id: Option<&str>,
    ) -> Result<Page<Arc<Upload>>, S3Error> {
        let state = self.state();
        let uploads = &state.bucket(bucket)?.uploads;
        let start = (Bound::Included((window.start().to_owned(), 0)), Bound::Unbounded);
        let marker = window.after.clone().unwrap_or_default();
        // Within the marker's own key the id decides, so the window must not skip that key.
        let rest: Vec<(&str, &UploadSlot)> = uploads
            .range(start)
            .filter(|((key, _), slot)| match after_id {
                Some(after) if *key == marker => slot.id().is_some_and(|id| id > after),
                _ => *key != marker || window.after.is_none(),
            })
            .map(|((key, _), slot)| (key.as_str(), slot))
            .collect();
        let window = match after_id {
            Some(_) => Window { after: None, ..window.clone() },
            None => window.clone(),
        };
        let peek = lens.peek();
        Ok(window.page(rest.into_iter(), |slot: &UploadSlot, counts| {
            slot.listing.look(if counts { lens } else { &peek }).cloned()
        }))
    }

    /// The parts of an open upload that a listing sees, in order, after `after`; and whether there are more than `max`.
    pub(crate) fn list_parts(
        &self,
        at: (&str, &str, &str),
        lens: &Lens,
        after: u32,
        max: usize,
    ) -> Result<PartPage, S3Error> {
        let (bucket, key, id) = at;
        let state = self.state();
        let slot = state.bucket(bucket)?.slot(key, id)?;
        let peek = lens.peek();
        let mut seen = Vec::new();
        for (number, versions) in slot.parts.range((Bound::Excluded(after), Bound::Unbounded)) {
            let full = seen.len() >= max;
            let Some(part) = versions.look(if full { &peek } else { lens }) else { continue };
            if full {
                return Ok((seen, max > 0));
            }
            seen.push((*number, part.clone()));
        }
        Ok((seen, false))
    }

    /// All open uploads with their parts, whatever is hidden.
    pub(crate) fn all_uploads(&self, bucket: &str) -> Vec<(Arc<Upload>, Parts)> {
        let state = self.state();
        let Some(bucket) = state.buckets.get(bucket) else { return Vec::new() };
        let parts = |slot: &UploadSlot| {
            slot.parts.iter().filter_map(|(number, part)| Some((*number, part.latest()?.clone()))).collect()
        };
        bucket.uploads.values().filter_map(|slot| Some((slot.listing.latest()?.clone(), parts(slot)))).collect()
    }
}

impl State {
    fn close_upload(&mut self, bucket: &str, key: &str, id: &str, writing: Writing) -> Result<(), S3Error> {
        let stamp = self.stamp(writing);
        let bucket = self.bucket_mut(bucket)?;
        let slot = bucket.slot_mut(key, id)?;
        slot.parts.clear();
        slot.listing.push(stamp, None);
        if let Some(place) = bucket.by_id.remove(id) {
            bucket.closed.push_back(place);
        }
        if bucket.closed.len() > MAX_CLOSED
            && let Some(oldest) = bucket.closed.pop_front()
        {
            bucket.uploads.remove(&oldest);
        }
        Ok(())
    }
}

impl Bucket {
    pub(super) fn open_upload(&mut self, upload: Upload, stamp: crate::visibility::Stamp) {
        let place = (upload.key.clone(), upload.order);
        self.by_id.insert(upload.id.clone(), place.clone());
        let mut listing = Versions::default();
        listing.push(stamp, Some(Arc::new(upload)));
        self.uploads.insert(place, UploadSlot { listing, parts: BTreeMap::new() });
    }

    pub(super) fn slot_of_id(&mut self, id: &str) -> Option<&mut UploadSlot> {
        self.uploads.get_mut(self.by_id.get(id)?)
    }

    fn slot(&self, key: &str, id: &str) -> Result<&UploadSlot, S3Error> {
        let place = self.by_id.get(id).filter(|place| place.0 == key);
        place.and_then(|place| self.uploads.get(place)).ok_or_else(|| no_such_upload(id))
    }

    fn slot_mut(&mut self, key: &str, id: &str) -> Result<&mut UploadSlot, S3Error> {
        let place = self.by_id.get(id).filter(|place| place.0 == key);
        place.and_then(|place| self.uploads.get_mut(place)).ok_or_else(|| no_such_upload(id))
    }
}

impl UploadSlot {
    fn id(&self) -> Option<&str> {
        self.listing.any().map(|upload| upload.id.as_str())
    }
}

fn no_such_upload(id: &str) -> S3Error {
    S3Error::from(Code::NoSuchUpload).with("UploadId", id.chars().take(256).collect::<String>())
}
