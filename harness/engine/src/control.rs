//! The S3 mock of another process, reached over its control interface, as the storage of a scenario.
//!
//! The mock may hold what others put there: what stood in the bucket before the scenario is left alone and not shown to invariants.
//! Its clock is another one: times of its journal are moved onto the scenario's axis.

use std::collections::BTreeSet;

use bytes::Bytes;
use futures_util::FutureExt;
use http::Uri;
use sha2::{Digest as _, Sha256};
use shakedown_faults::Fault;
use shakedown_faults::glob::Glob;
use shakedown_s3::control::{ControlClient, ControlError};
use shakedown_scenario::steps::StorageStep;
use shakedown_wire::{Body, Clock, Exchange, Party};

use crate::content::digest_text;
use crate::store::Store;
use crate::view::{BucketView, Look, ObjectEntry, UploadEntry, ViewError};

/// The mock behind a control interface.
#[derive(Debug)]
pub(crate) struct ControlStore {
    control: ControlClient,
    bucket: String,
    /// Added to the mock's times to get the scenario's, in microseconds.
    shift_us: i64,
    objects_before: BTreeSet<String>,
    uploads_before: BTreeSet<String>,
}

impl ControlStore {
    /// Attaches to the mock at `control`, on which the registry at `registry` must stand: a question to the registry has to cause
    /// calls to the mock, and these tell the bucket.
    ///
    /// # Errors
    /// One of them does not answer, or the registry stands on something else.
    pub(crate) async fn attach(
        control: &Uri,
        registry: &Uri,
        network: &Party,
        clock: &Clock,
    ) -> Result<Self, ViewError> {
        let control = ControlClient::new(network.clone(), control.to_string());
        let failed = |error: ControlError| view_error("the S3 mock", error);
        let shift_us = shift(&control, clock).await.map_err(failed)?;
        control.clear_faults().await.map_err(failed)?;
        control.clear_journal().await.map_err(failed)?;
        ask(registry, network).await?;
        let calls = control.exchanges(0).await.map_err(failed)?;
        let Some(bucket) =
            calls.into_iter().find_map(|call| call.s3.map(|s3| s3.bucket).filter(|name| !name.is_empty()))
        else {
            return Err(ViewError {
                what: format!("the registry at {registry}"),
                reason: "it does not stand on this S3 mock: a question about tags caused no call to it".to_owned(),
            });
        };
        let mut store =
            Self { control, bucket, shift_us, objects_before: BTreeSet::new(), uploads_before: BTreeSet::new() };
        store.objects_before = store.objects().await?.into_iter().map(|entry| entry.key).collect();
        store.uploads_before = store.uploads().await?.into_iter().map(|upload| upload.upload_id).collect();
        Ok(store)
    }

    /// Keys of the scenario's own objects that match.
    async fn keys(&self, glob: &str) -> Result<Vec<ObjectEntry>, ControlError> {
        let glob = Glob::new(glob);
        let all = self.control.objects(&self.bucket, "").await?.into_iter();
        let own = all.filter(|entry| !self.objects_before.contains(&entry.key) && glob.fits_path(&entry.key));
        Ok(own.map(|entry| ObjectEntry { key: entry.key, size: entry.size }).collect())
    }

    async fn change(&self, step: &StorageStep) -> Result<(), ControlError> {
        let (control, bucket) = (&self.control, self.bucket.as_str());
        match step {
            StorageStep::SwapBucket { .. } => {
                // Only what the scenario wrote: the rest of the bucket is somebody else's.
                for entry in self.keys("**").await? {
                    control.delete(bucket, &entry.key).await?;
                }
            }
            StorageStep::Delete(glob) => {
                for entry in self.keys(glob).await? {
                    control.delete(bucket, &entry.key).await?;
                }
            }
            StorageStep::Truncate { key, to } => {
                for entry in self.keys(key).await?.into_iter().filter(|entry| entry.size > *to) {
                    control.truncate(bucket, &entry.key, *to).await?;
                }
            }
            StorageStep::Corrupt { key, at } => {
                for entry in self.keys(key).await?.into_iter().filter(|entry| entry.size > *at) {
                    control.corrupt(bucket, &entry.key, *at).await?;
                }
            }
            // Done by the step with the primitives of the store.
            StorageStep::Remember(_) | StorageStep::Lose { .. } | StorageStep::Write { .. } => {}
            StorageStep::ForeignUploads { count, prefix } => {
                for number in 0..*count {
                    control.seed_upload(bucket, &format!("{prefix}{number:06}"), Bytes::new()).await?;
                }
            }
        }
        Ok(())
    }

    async fn open(&self, key: &str) -> Result<Option<Body>, ControlError> {
        match self.control.read(&self.bucket, key).await {
            Ok(body) => Ok(Some(body)),
            Err(ControlError::Refused { status: 404, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// An exchange of the mock's journal on the scenario's time axis.
    fn moved(&self, mut call: Exchange) -> Exchange {
        call.start_us = call.start_us.saturating_add_signed(self.shift_us);
        call.end_us = call.end_us.map(|us| us.saturating_add_signed(self.shift_us));
        call
    }
}

/// What to add to the mock's times; the answer is taken to be half way between question and answer.
async fn shift(control: &ControlClient, clock: &Clock) -> Result<i64, ControlError> {
    let asked = clock.elapsed();
    let theirs = control.time().await?.elapsed_us;
    let ours = u64::try_from(((asked + clock.elapsed()) / 2).as_micros()).unwrap_or(u64::MAX);
    Ok(ours.cast_signed().saturating_sub(theirs.cast_signed()))
}

/// A question to the registry that it can answer from its storage only.
async fn ask(registry: &Uri, network: &Party) -> Result<(), ViewError> {
    let unreachable = |reason: String| ViewError { what: format!("the registry at {registry}"), reason };
    let uri = format!("{}/v2/shakedown/question/tags/list", registry.to_string().trim_end_matches('/'));
    let request = http::Request::get(uri).body(Body::empty()).map_err(|error| unreachable(error.to_string()))?;
    let response = network.send(request).await.map_err(|error| unreachable(error.to_string()))?;
    response.into_body().drain().await.map(drop).map_err(|error| unreachable(error.to_string()))
}

fn view_error(what: &str, error: impl std::fmt::Display) -> ViewError {
    ViewError { what: what.to_owned(), reason: error.to_string() }
}

impl BucketView for ControlStore {
    fn objects(&self) -> Look<'_, Vec<ObjectEntry>> {
        async { self.keys("**").await.map_err(|error| view_error("the bucket", error)) }.boxed()
    }

    fn read<'a>(&'a self, key: &'a str, limit: usize) -> Look<'a, Option<Bytes>> {
        async move {
            match self.open(key).await.map_err(|error| view_error(key, error))? {
                None => Ok(None),
                Some(body) => body.collect(limit).await.map(Some).map_err(|error| view_error(key, error)),
            }
        }
        .boxed()
    }

    fn digest<'a>(&'a self, key: &'a str) -> Look<'a, Option<String>> {
        async move {
            let Some(mut body) = self.open(key).await.map_err(|error| view_error(key, error))? else { return Ok(None) };
            let mut hash = Sha256::new();
            while let Some(frame) = body.next().await {
                hash.update(frame.map_err(|error| view_error(key, error))?);
            }
            Ok(Some(digest_text(hash)))
        }
        .boxed()
    }

    fn uploads(&self) -> Look<'_, Vec<UploadEntry>> {
        async {
            let all =
                self.control.uploads(&self.bucket).await.map_err(|error| view_error("the open uploads", error))?;
            let own =
                all.into_iter().filter(|upload| !upload.foreign && !self.uploads_before.contains(&upload.upload_id));
            Ok(own.map(|upload| UploadEntry { key: upload.key, upload_id: upload.upload_id }).collect())
        }
        .boxed()
    }
}

impl Store for ControlStore {
    fn set_faults(&self, faults: Vec<Fault>, seed: u64) -> Look<'_, ()> {
        async move { self.control.set_faults(&faults, seed).await.map_err(|error| view_error("the faults", error)) }
            .boxed()
    }

    fn event<'a>(&'a self, name: &'a str) -> Look<'a, ()> {
        async move { self.control.event(name).await.map_err(|error| view_error("the event", error)) }.boxed()
    }

    fn change<'a>(&'a self, step: &'a StorageStep) -> Look<'a, ()> {
        async move { self.change(step).await.map_err(|error| view_error("the bucket", error)) }.boxed()
    }

    fn put<'a>(&'a self, key: &'a str, content: Bytes) -> Look<'a, ()> {
        async move {
            let put = self.control.put(&self.bucket, key, content).await;
            put.map(drop).map_err(|error| view_error(key, error))
        }
        .boxed()
    }

    fn calls(&self) -> Look<'_, Vec<Exchange>> {
        async {
            let calls = self.control.exchanges(0).await.map_err(|error| view_error("the journal", error))?;
            Ok(calls.into_iter().map(|call| self.moved(call)).collect())
        }
        .boxed()
    }

    fn forget_calls(&self) -> Look<'_, ()> {
        async { self.control.clear_journal().await.map_err(|error| view_error("the journal", error)) }.boxed()
    }
}
