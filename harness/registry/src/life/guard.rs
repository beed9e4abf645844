//! Keeps pushes and a garbage collection apart, across replicas, without comparing clocks.
//!
//! A push first writes what refers to content (a link, a revision), then looks whether a collection has published what it is about to
//! delete. A collection first publishes, waits [`SETTLE`], then marks again and deletes what is still unreferenced. Whichever comes
//! second sees the other: the mark sees the reference, or the push sees the list. A push that finds its content on the list is told to
//! come again; everything else goes on undisturbed. A look counts for [`FRESH`], which is less than [`SETTLE`].

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::header;
use shakedown_oci::{Digest, ErrorCode, Manifest, RepositoryName};
use tokio::time::Instant;

use super::lease::{self, LEASE, Run};
use crate::api::Refusal;
use crate::context::Context;
use crate::defects::gc_without_grace;
use crate::registry::App;
use crate::storage::StorageError;

/// How long a look at the bucket counts.
const FRESH: Duration = Duration::from_secs(5);
/// How long a published list stands before anything is marked again: a push that has not seen it ends its writes in this time.
pub(crate) const SETTLE: Duration = Duration::from_secs(20);
/// Seconds after which a push that met a collection may come again.
const RETRY_AFTER: u64 = 10;

/// What this process has last seen.
#[derive(Debug, Default)]
pub(crate) struct Guard(Mutex<Option<View>>);

#[derive(Debug, Clone)]
struct View {
    looked: Instant,
    run: Option<Arc<Run>>,
    /// Since when this very sign of life stands there.
    since: Instant,
}

/// Content that a push relies on.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Claim<'a> {
    Blob(&'a Digest),
    Manifest(&'a Digest),
}

/// What a manifest relies on.
pub(crate) fn claims<'a>(manifest: &'a Manifest, digest: &'a Digest) -> Vec<Claim<'a>> {
    let blobs = manifest.blobs().map(|blob| Claim::Blob(&blob.digest));
    let children = manifest.manifests.iter().map(|child| Claim::Manifest(&child.digest));
    [Claim::Manifest(digest)].into_iter().chain(blobs).chain(children).collect()
}

impl Guard {
    /// Refuses a push into `name` that relies on what is being deleted. To be called after what refers to the content is written.
    pub(crate) async fn admit(
        &self,
        app: &App,
        cx: &Context,
        name: &RepositoryName,
        claims: &[Claim<'_>],
    ) -> Result<(), Refusal> {
        if app.config.defects.has(&gc_without_grace::DEFECT) {
            return Ok(());
        }
        let Some(run) = self.run(app, cx).await? else { return Ok(()) };
        for claim in claims {
            let condemned = match *claim {
                Claim::Blob(digest) => run.condemned.blobs.contains(digest),
                Claim::Manifest(digest) => {
                    run.condemned.has_revision(name.as_str(), digest) || run.condemned.blobs.contains(digest)
                }
            };
            if condemned {
                cx.warn(
                    "a push relies on content that garbage collection is about to delete: it was told to come again",
                );
                let message = "garbage collection is deleting content of this push; try again";
                return Err(
                    Refusal::new(ErrorCode::Unavailable, message).header(header::RETRY_AFTER, RETRY_AFTER.to_string())
                );
            }
        }
        Ok(())
    }

    /// The collection that is alive, as far as this process can know.
    async fn run(&self, app: &App, cx: &Context) -> Result<Option<Arc<Run>>, StorageError> {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let now = Instant::now();
        let view = match last {
            Some(view) if now < view.looked + FRESH => view,
            last => {
                let run = lease::read(app, cx).await?.map(Arc::new);
                let sign = |run: &Option<Arc<Run>>| run.as_ref().map(|run| (run.id.clone(), run.beat));
                let since = last.filter(|last| sign(&last.run) == sign(&run)).map_or(now, |last| last.since);
                let view = View { looked: now, run, since };
                *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(view.clone());
                view
            }
        };
        Ok(view.run.filter(|_| now < view.since + LEASE))
    }
}
