//! The one object that says which collection works on a bucket and what it is about to delete.
//!
//! Only one collection deletes: it gives signs of life by writing the object again, and believes that it still owns the bucket only
//! as long as its last sign was read back as its own. Not here: what pushes make of it (`guard`).

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use shakedown_oci::Digest;
use tokio::time::{Instant, sleep};

use super::LifeError;
use crate::context::Context;
use crate::registry::App;
use crate::storage::Payload;

/// After so long without a sign of life a collection counts as dead.
pub(crate) const LEASE: Duration = Duration::from_secs(300);
/// Pause between signs of life; a call to the storage with all its tries fits several times into what is left of the lease.
const BEAT: Duration = Duration::from_secs(60);
/// The largest object of a run: as many digests as one round may condemn.
pub(crate) const LARGEST: usize = 64 << 20;

/// What is about to be deleted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Condemned {
    /// Manifests by repository.
    pub(crate) revisions: BTreeMap<String, BTreeSet<Digest>>,
    /// Blobs.
    pub(crate) blobs: BTreeSet<Digest>,
}

impl Condemned {
    pub(crate) fn is_empty(&self) -> bool {
        self.blobs.is_empty() && self.revisions.values().all(BTreeSet::is_empty)
    }

    pub(crate) fn has_revision(&self, repository: &str, digest: &Digest) -> bool {
        self.revisions.get(repository).is_some_and(|digests| digests.contains(digest))
    }
}

/// The object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) id: String,
    /// Grows with every sign of life.
    pub(crate) beat: u64,
    pub(crate) condemned: Condemned,
}

/// A bucket that this collection works on.
pub(crate) struct Lease<'a> {
    app: &'a App,
    cx: &'a Context,
    run: Run,
    last_beat: Instant,
}

impl<'a> Lease<'a> {
    /// Takes the bucket. `alone`: nobody else can be at work.
    pub(crate) async fn take(app: &'a App, cx: &'a Context, alone: bool) -> Result<Self, LifeError> {
        let (listed, _) = app.storage.list_aged(cx, &app.layout.collection(), None).await?;
        if !alone && listed.iter().any(|object| object.is_younger_than(LEASE)) {
            return Err(LifeError::Busy { after_s: LEASE.as_secs() });
        }
        let run = Run { id: app.upload_id(), beat: 0, condemned: Condemned::default() };
        let mut lease = Self { app, cx, run, last_beat: Instant::now() };
        lease.beat().await?;
        Ok(lease)
    }

    /// Says what is about to be deleted.
    pub(crate) async fn publish(&mut self, condemned: Condemned) -> Result<(), LifeError> {
        self.confirm().await?;
        self.run.condemned = condemned;
        self.beat().await
    }

    /// What was published.
    pub(crate) fn condemned(&self) -> &Condemned {
        &self.run.condemned
    }

    /// Does `work` while signs of life are given.
    pub(crate) async fn during<T>(&mut self, work: impl Future<Output = Result<T, LifeError>>) -> Result<T, LifeError> {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                () = sleep(BEAT) => {
                    self.confirm().await?;
                    self.beat().await?;
                }
            }
        }
    }

    /// Before each delete: still ours, and for long enough.
    pub(crate) async fn hold(&mut self) -> Result<(), LifeError> {
        if self.last_beat.elapsed() >= BEAT {
            self.confirm().await?;
            self.beat().await?;
        }
        Ok(())
    }

    /// Gives the bucket back.
    pub(crate) async fn release(self) -> Result<(), LifeError> {
        self.confirm().await?;
        Ok(self.app.storage.delete(self.cx, &[self.app.layout.collection()]).await?)
    }

    async fn confirm(&self) -> Result<(), LifeError> {
        match read(self.app, self.cx).await? {
            Some(run) if run.id == self.run.id => Ok(()),
            _ => Err(LifeError::TakenOver),
        }
    }

    async fn beat(&mut self) -> Result<(), LifeError> {
        self.run.beat += 1;
        let bytes = serde_json::to_vec(&self.run).unwrap_or_default();
        let began = Instant::now();
        self.app.storage.put_link(self.cx, &self.app.layout.collection(), &Payload::of(bytes)).await?;
        self.last_beat = began;
        Ok(())
    }
}

/// The run that is recorded in the bucket. What stands there and is none was not written by a collection.
pub(crate) async fn read(app: &App, cx: &Context) -> Result<Option<Run>, crate::storage::StorageError> {
    let Some(object) = app.storage.get(cx, &app.layout.collection(), LARGEST).await? else { return Ok(None) };
    Ok(serde_json::from_slice(&object.bytes).ok())
}
