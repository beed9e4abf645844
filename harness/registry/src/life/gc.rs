//! Garbage collection: mark, publish, wait, mark again, sweep. Not here: what keeps what (`mark`), the deletes (`sweep`).

use std::time::Duration;

use serde::Serialize;
use tokio::time::sleep;

use super::guard::SETTLE;
use super::lease::{Condemned, Lease};
use super::mark::{Marks, grace, mark};
use super::sweep::sweep;
use super::walk::Walk;
use super::{LifeError, Progress};
use crate::context::Context;
use crate::defects::gc_without_grace;
use crate::registry::App;

/// Most that one round condemns; the rest goes in further rounds. Bounds the published list to about 16 MB.
const ROUND: usize = 100_000;

/// Whether manifests without a tag stay.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Untagged {
    /// They stay: they may be pulled by digest.
    #[default]
    Keep,
    /// They go, unless an index that stays lists them or they refer to a manifest that stays.
    Remove,
}

/// How garbage is collected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GcPolicy {
    /// Manifests without a tag.
    pub untagged: Untagged,
    /// Whatever was written less than this ago stays: it may belong to a push in flight. Ages are told by the store's own clock;
    /// where it sends no `Date`, ours counts, and may be off by the 15 minutes that S3 allows.
    pub grace: Duration,
    /// Nobody else uses the bucket: do not wait for pushes in flight, take over from a collection that may still live.
    pub alone: bool,
    /// How long deleted manifests can be restored, where the registry keeps tombstones.
    pub restore_within: Duration,
    /// Only say what would go.
    pub dry_run: bool,
    /// Go on although not one repository is listed.
    pub allow_empty: bool,
    /// Most live blobs; each takes up to 40 bytes of memory.
    pub most_live: usize,
}

impl Default for GcPolicy {
    fn default() -> Self {
        Self {
            untagged: Untagged::Keep,
            grace: Duration::from_secs(24 * 3600),
            alone: false,
            restore_within: Duration::from_secs(7 * 24 * 3600),
            dry_run: false,
            allow_empty: false,
            most_live: 50_000_000,
        }
    }
}

/// Something that was found broken on the way. It did not stop the collection, and nothing that may belong to it was deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The repository.
    pub repository: String,
    /// What is broken, and what was made of it.
    pub what: String,
}

/// What a collection came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct GcReport {
    /// Nothing was deleted; the numbers say what would have been.
    pub dry_run: bool,
    /// Repositories that were looked at.
    pub repositories: u64,
    /// Their tags.
    pub tags: u64,
    /// Their manifests.
    pub manifests: u64,
    /// Blobs that something keeps.
    pub blobs_kept: u64,
    /// Manifests removed.
    pub manifests_removed: u64,
    /// Blobs removed, manifests' bytes included.
    pub blobs_removed: u64,
    /// Their bytes.
    pub bytes_removed: u64,
    /// Links, tag histories and tombstones removed with them.
    pub links_removed: u64,
    /// What was broken.
    pub problems: Vec<Problem>,
    /// Problems that are not listed.
    pub more_problems: u64,
}

/// Collects garbage.
pub(crate) async fn collect(app: &App, policy: &GcPolicy, progress: Progress<'_>) -> Result<GcReport, LifeError> {
    let cx = Context::own(app.correlation());
    let mut report = GcReport { dry_run: policy.dry_run, ..GcReport::default() };
    if policy.dry_run {
        let marks = mark(app, &cx, policy, progress).await?;
        report.note(&marks);
        let (condemned, bytes, _) = condemn(app, &cx, policy, &marks).await?;
        report.manifests_removed = condemned.revisions.values().map(|digests| digests.len() as u64).sum();
        report.blobs_removed = condemned.blobs.len() as u64;
        report.bytes_removed = bytes;
        return Ok(report);
    }
    let mut lease = Lease::take(app, &cx, policy.alone).await?;
    let mut marks = lease.during(mark(app, &cx, policy, progress)).await?;
    loop {
        let (condemned, _, more) = lease.during(condemn(app, &cx, policy, &marks)).await?;
        if !condemned.is_empty() || !marks.expired.is_empty() {
            progress(&format!("{} blobs are to go", condemned.blobs.len()));
            lease.publish(condemned).await?;
            if !policy.alone && !app.config.defects.has(&gc_without_grace::DEFECT) {
                sleep(SETTLE).await;
                marks = lease.during(mark(app, &cx, policy, progress)).await?;
            }
            sweep(app, &cx, grace(app, policy), &mut lease, &marks, &mut report).await?;
        }
        if !more {
            break;
        }
        marks = lease.during(mark(app, &cx, policy, progress)).await?;
    }
    report.note(&marks);
    lease.release().await?;
    Ok(report)
}

impl GcReport {
    fn note(&mut self, marks: &Marks) {
        self.repositories = marks.repositories;
        self.tags = marks.tags;
        self.manifests = marks.manifests;
        self.blobs_kept = marks.live() as u64;
        self.problems.clone_from(&marks.problems);
        self.more_problems = marks.more_problems;
    }
}

/// What nothing keeps and what is old enough, with its bytes, and whether there is more of it.
async fn condemn(
    app: &App,
    cx: &Context,
    policy: &GcPolicy,
    marks: &Marks,
) -> Result<(Condemned, u64, bool), LifeError> {
    let mut condemned = Condemned { revisions: marks.dead.clone(), ..Condemned::default() };
    let (mut bytes, mut seen) = (0, false);
    let grace = grace(app, policy);
    let mut walk = Walk::new(&app.storage, cx, app.layout.blobs());
    while let Some(object) = walk.next().await? {
        let Some(digest) = app.layout.digest_of_blob(&object.key) else { continue };
        seen = true;
        if marks.keeps(&digest) || object.is_younger_than(grace) {
            continue;
        }
        if condemned.blobs.len() == ROUND && !policy.dry_run {
            return Ok((condemned, bytes, true));
        }
        bytes += object.size;
        condemned.blobs.insert(digest);
    }
    if seen && marks.repositories == 0 && !policy.allow_empty {
        return Err(LifeError::NoRepositories);
    }
    Ok((condemned, bytes, false))
}
