//! Objects in the index.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

use super::backend::Change;
use super::model::Object;
use super::state::{Store, Writing};
use crate::error::S3Error;
use crate::listing::{Page, Window};
use crate::visibility::{Lens, Versions};

impl Store {
    /// What a read of the key sees.
    pub(crate) fn object(&self, bucket: &str, key: &str, lens: &Lens) -> Result<Option<Arc<Object>>, S3Error> {
        let state = self.state();
        let bucket = state.bucket(bucket)?;
        if bucket.absent.get(key).is_some_and(|until| lens.now < *until) {
            return Ok(None);
        }
        Ok(bucket.objects.get(key).and_then(|versions| versions.look(lens)).cloned())
    }

    /// What is really there.
    pub(crate) fn latest(&self, bucket: &str, key: &str) -> Option<Arc<Object>> {
        self.state().buckets.get(bucket)?.objects.get(key)?.latest().cloned()
    }

    /// A 404 of the key is repeated until then.
    pub(crate) fn remember_absent(
        &self,
        bucket: &str,
        key: &str,
        now: Duration,
        until: Duration,
    ) -> Result<(), S3Error> {
        self.state().bucket_mut(bucket)?.remember_absent(key, now, until);
        Ok(())
    }

    /// Puts an object if `check` agrees with what is there.
    pub(crate) fn put_object(
        &self,
        bucket: &str,
        key: &str,
        object: Object,
        writing: Writing,
        check: impl FnOnce(Option<&Object>) -> Result<(), S3Error>,
    ) -> Result<(), S3Error> {
        let mut state = self.state();
        check(state.bucket(bucket)?.objects.get(key).and_then(|versions| versions.latest()).map(Arc::as_ref))?;
        let object = self.enter(object)?;
        self.keep_object(bucket, key, &object)?;
        state.push_object(bucket, key, Some(Arc::new(object)), writing)
    }

    /// An object for [`Store::put_objects`].
    pub(crate) fn placed(&self, object: Object) -> Result<Arc<Object>, S3Error> {
        self.enter(object).map(Arc::new)
    }

    /// Puts many objects at once, in place of what was at their keys and of its past. Keys in order cost the least.
    pub(crate) fn put_objects(
        &self,
        bucket: &str,
        objects: Vec<(String, Arc<Object>)>,
        at: Duration,
    ) -> Result<(), S3Error> {
        let mut state = self.state();
        state.bucket(bucket)?;
        let mut entered = Vec::with_capacity(objects.len());
        for (key, object) in objects {
            self.keep_object(bucket, &key, &object)?;
            let mut versions = Versions::default();
            versions.push(state.stamp(Writing { at, hides: Vec::new() }), Some(object));
            entered.push((key, versions));
        }
        // Built whole and then joined: a map that is filled key by key, in order, is half empty.
        let mut entered: BTreeMap<_, _> = entered.into_iter().collect();
        let objects = &mut state.bucket_mut(bucket)?.objects;
        if objects.is_empty() {
            *objects = entered;
        } else {
            objects.append(&mut entered);
        }
        Ok(())
    }

    pub(super) fn keep_object(&self, bucket: &str, key: &str, object: &Object) -> Result<(), S3Error> {
        self.keep(&Change::Object {
            bucket: Cow::Borrowed(bucket),
            key: Cow::Borrowed(key),
            head: Cow::Borrowed(&object.head),
            content: object.content.extents().unwrap_or_default(),
        })
    }

    /// Deletes a key; true if there was an object.
    pub(crate) fn delete_object(
        &self,
        bucket: &str,
        key: &str,
        writing: Writing,
        check: impl FnOnce(Option<&Object>) -> Result<(), S3Error>,
    ) -> Result<bool, S3Error> {
        let mut state = self.state();
        let latest = state.bucket(bucket)?.objects.get(key).and_then(|versions| versions.latest());
        check(latest.map(Arc::as_ref))?;
        let was = latest.is_some();
        if was {
            self.keep(&Change::NoObject { bucket: Cow::Borrowed(bucket), key: Cow::Borrowed(key) })?;
            state.push_object(bucket, key, None, writing)?;
        }
        Ok(was)
    }

    /// One page of the objects a listing sees.
    pub(crate) fn list_objects(
        &self,
        bucket: &str,
        lens: &Lens,
        window: &Window,
    ) -> Result<Page<Arc<Object>>, S3Error> {
        let state = self.state();
        let objects = &state.bucket(bucket)?.objects;
        let start = (Bound::Included(window.start()), Bound::Unbounded);
        let entries = objects.range::<str, _>(start).map(|(key, versions)| (key.as_str(), versions));
        let peek = lens.peek();
        Ok(window.page(entries, |versions, counts| versions.look(if counts { lens } else { &peek }).cloned()))
    }

    /// Everything that is really there below a prefix.
    pub(crate) fn all_objects(&self, bucket: &str, prefix: &str) -> Vec<(String, Arc<Object>)> {
        let state = self.state();
        let Some(bucket) = state.buckets.get(bucket) else { return Vec::new() };
        let start = (Bound::Included(prefix), Bound::Unbounded);
        bucket
            .objects
            .range::<str, _>(start)
            .take_while(|(key, _)| key.starts_with(prefix))
            .filter_map(|(key, versions)| Some((key.clone(), versions.latest()?.clone())))
            .collect()
    }
}
