//! The S3 mock in this process as the storage of a scenario.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use sha2::{Digest as _, Sha256};
use shakedown_faults::Fault;
use shakedown_faults::glob::Glob;
use shakedown_s3::{Admin, AdminError, S3Mock};
use shakedown_scenario::steps::StorageStep;
use shakedown_wire::Exchange;

use crate::content::digest_text;
use crate::store::Store;
use crate::view::{BucketView, Look, ObjectEntry, UploadEntry, ViewError};

/// The mock and the scenario's bucket in it.
#[derive(Debug, Clone)]
pub(crate) struct MockStore {
    mock: S3Mock,
    bucket: Arc<str>,
}

impl MockStore {
    /// The bucket `bucket` of `mock`.
    pub(crate) fn new(mock: S3Mock, bucket: &str) -> Self {
        Self { mock, bucket: bucket.into() }
    }

    fn admin(&self) -> Admin {
        self.mock.admin()
    }

    /// Keys that match.
    fn keys(&self, glob: &str) -> Vec<ObjectEntry> {
        let glob = Glob::new(glob);
        let all = self.admin().list(&self.bucket, "").into_iter();
        all.filter(|entry| glob.fits_path(&entry.key))
            .map(|entry| ObjectEntry { key: entry.key, size: entry.size })
            .collect()
    }

    async fn change(&self, step: &StorageStep) -> Result<(), AdminError> {
        let admin = self.admin();
        match step {
            StorageStep::SwapBucket { .. } => admin.empty_bucket(&self.bucket),
            StorageStep::Delete(glob) => {
                self.keys(glob).iter().try_for_each(|entry| admin.delete(&self.bucket, &entry.key).map(drop))
            }
            StorageStep::Truncate { key, to } => {
                let longer = self.keys(key).into_iter().filter(|entry| entry.size > *to);
                longer.into_iter().try_for_each(|entry| admin.truncate(&self.bucket, &entry.key, *to))
            }
            StorageStep::Corrupt { key, at } => {
                for entry in self.keys(key).into_iter().filter(|entry| entry.size > *at) {
                    admin.corrupt(&self.bucket, &entry.key, *at).await?;
                }
                Ok(())
            }
            // Done by the step with the primitives of the store.
            StorageStep::Remember(_) | StorageStep::Lose { .. } | StorageStep::Write { .. } => Ok(()),
            StorageStep::ForeignUploads { count, prefix } => {
                for number in 0..*count {
                    admin.seed_upload(&self.bucket, &format!("{prefix}{number:06}"), Vec::new()).await?;
                }
                Ok(())
            }
        }
    }
}

fn view_error(what: &str) -> impl Fn(AdminError) -> ViewError {
    move |error| ViewError { what: what.to_owned(), reason: error.to_string() }
}

impl BucketView for MockStore {
    fn objects(&self) -> Look<'_, Vec<ObjectEntry>> {
        async { Ok(self.keys("**")) }.boxed()
    }

    fn read<'a>(&'a self, key: &'a str, limit: usize) -> Look<'a, Option<Bytes>> {
        async move {
            let body = match self.admin().read(&self.bucket, key) {
                Ok(body) => body,
                Err(AdminError::NoSuchKey { .. }) => return Ok(None),
                Err(error) => return Err(view_error(key)(error)),
            };
            let failed = |error: shakedown_wire::WireError| view_error(key)(AdminError::Read(error));
            body.collect(limit).await.map(Some).map_err(failed)
        }
        .boxed()
    }

    fn digest<'a>(&'a self, key: &'a str) -> Look<'a, Option<String>> {
        async move {
            let mut body = match self.admin().read(&self.bucket, key) {
                Ok(body) => body,
                Err(AdminError::NoSuchKey { .. }) => return Ok(None),
                Err(error) => return Err(view_error(key)(error)),
            };
            let mut hash = Sha256::new();
            while let Some(frame) = body.next().await {
                hash.update(frame.map_err(|error| view_error(key)(AdminError::Read(error)))?);
            }
            Ok(Some(digest_text(hash)))
        }
        .boxed()
    }

    fn uploads(&self) -> Look<'_, Vec<UploadEntry>> {
        let own = self.admin().uploads(&self.bucket).into_iter().filter(|upload| !upload.foreign);
        let uploads = own.map(|upload| UploadEntry { key: upload.key, upload_id: upload.upload_id }).collect();
        async { Ok(uploads) }.boxed()
    }
}

impl Store for MockStore {
    fn set_faults(&self, faults: Vec<Fault>, seed: u64) -> Look<'_, ()> {
        self.mock.injector().replace(faults, seed);
        async { Ok(()) }.boxed()
    }

    fn event<'a>(&'a self, name: &'a str) -> Look<'a, ()> {
        self.mock.injector().event(name);
        async { Ok(()) }.boxed()
    }

    fn change<'a>(&'a self, step: &'a StorageStep) -> Look<'a, ()> {
        async move { self.change(step).await.map_err(view_error("the bucket")) }.boxed()
    }

    fn put<'a>(&'a self, key: &'a str, content: Bytes) -> Look<'a, ()> {
        async move { self.admin().put(&self.bucket, key, content).await.map(drop).map_err(view_error(key)) }.boxed()
    }

    fn calls(&self) -> Look<'_, Vec<Exchange>> {
        let calls = self.mock.recorder().exchanges();
        async { Ok(calls) }.boxed()
    }

    fn forget_calls(&self) -> Look<'_, ()> {
        self.mock.recorder().clear();
        async { Ok(()) }.boxed()
    }
}
