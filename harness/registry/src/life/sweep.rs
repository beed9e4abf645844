//! Deletes what was published and is still kept by nothing: references before what they refer to.

use std::collections::BTreeSet;
use std::time::Duration;

use shakedown_oci::Digest;

use super::LifeError;
use super::gc::GcReport;
use super::lease::{Condemned, Lease};
use super::mark::Marks;
use super::path::{self, Entry};
use super::walk::Walk;
use crate::context::Context;
use crate::registry::App;

/// Keys that are deleted with one call.
const BATCH: usize = 1000;

pub(crate) async fn sweep(
    app: &App,
    cx: &Context,
    grace: Duration,
    lease: &mut Lease<'_>,
    marks: &Marks,
    report: &mut GcReport,
) -> Result<(), LifeError> {
    let condemned = lease.condemned().clone();
    revisions(app, cx, lease, &condemned, marks, report).await?;
    let doomed = lease.during(doomed(app, cx, grace, &condemned, marks)).await?;
    let blobs: BTreeSet<Digest> = doomed.iter().map(|(digest, _)| digest.clone()).collect();
    let spared = layer_links(app, cx, grace, lease, &blobs, report).await?;
    let doomed: Vec<_> = doomed.into_iter().filter(|(digest, _)| !spared.contains(digest)).collect();
    for batch in doomed.chunks(BATCH) {
        let keys: Vec<_> = batch.iter().map(|(digest, _)| app.layout.blob(digest)).collect();
        lease.hold().await?;
        app.storage.delete(cx, &keys).await?;
        report.blobs_removed += batch.len() as u64;
        report.bytes_removed += batch.iter().map(|(_, size)| size).sum::<u64>();
    }
    for batch in marks.expired.chunks(BATCH) {
        lease.hold().await?;
        app.storage.delete(cx, batch).await?;
        report.links_removed += batch.len() as u64;
    }
    Ok(())
}

/// Histories of tags and entries of referrers lists first, then the links that make the manifests readable.
async fn revisions(
    app: &App,
    cx: &Context,
    lease: &mut Lease<'_>,
    condemned: &Condemned,
    marks: &Marks,
    report: &mut GcReport,
) -> Result<(), LifeError> {
    let none = BTreeSet::new();
    let root = app.layout.repositories();
    for (repository, digests) in &condemned.revisions {
        let dead = marks.dead.get(repository).unwrap_or(&none);
        let gone: BTreeSet<&Digest> = digests.intersection(dead).collect();
        if gone.is_empty() {
            continue;
        }
        let (mut before, mut links) = (Vec::new(), Vec::new());
        let mut walk = Walk::new(&app.storage, cx, format!("{root}{repository}/_manifests/"));
        while let Some(object) = walk.next().await? {
            match object.key.strip_prefix(&root).and_then(path::read) {
                Some((_, Entry::TagHistory(_, digest) | Entry::Referrer { referrer: digest, .. }))
                    if gone.contains(&digest) =>
                {
                    before.push(object.key);
                }
                Some((_, Entry::Revision(digest))) if gone.contains(&digest) => links.push(object.key),
                _ => {}
            }
        }
        report.links_removed += before.len() as u64;
        report.manifests_removed += links.len() as u64;
        before.append(&mut links);
        for batch in before.chunks(BATCH) {
            lease.hold().await?;
            app.storage.delete(cx, batch).await?;
        }
    }
    Ok(())
}

/// Condemned blobs that are still kept by nothing and were not written anew, with their sizes.
async fn doomed(
    app: &App,
    cx: &Context,
    grace: Duration,
    condemned: &Condemned,
    marks: &Marks,
) -> Result<Vec<(Digest, u64)>, LifeError> {
    let mut doomed = Vec::new();
    let mut walk = Walk::new(&app.storage, cx, app.layout.blobs());
    while let Some(object) = walk.next().await? {
        let Some(digest) = app.layout.digest_of_blob(&object.key) else { continue };
        if condemned.blobs.contains(&digest) && !marks.keeps(&digest) && !object.is_younger_than(grace) {
            doomed.push((digest, object.size));
        }
    }
    Ok(doomed)
}

/// The links of doomed blobs into repositories. A blob with a young link is spared: somebody who does not know of collections (another
/// program on the same bucket) has linked it meanwhile.
async fn layer_links(
    app: &App,
    cx: &Context,
    grace: Duration,
    lease: &mut Lease<'_>,
    blobs: &BTreeSet<Digest>,
    report: &mut GcReport,
) -> Result<BTreeSet<Digest>, LifeError> {
    let (mut spared, mut batch) = (BTreeSet::new(), Vec::new());
    if blobs.is_empty() {
        return Ok(spared);
    }
    let root = app.layout.repositories();
    let mut walk = Walk::new(&app.storage, cx, root.clone());
    while let Some(object) = walk.next().await? {
        let Some((_, Entry::Layer(digest))) = object.key.strip_prefix(&root).and_then(path::read) else { continue };
        if !blobs.contains(&digest) {
            continue;
        }
        if object.is_younger_than(grace) {
            spared.insert(digest);
            continue;
        }
        batch.push(object.key);
        if batch.len() == BATCH {
            lease.hold().await?;
            app.storage.delete(cx, &batch).await?;
            report.links_removed += batch.len() as u64;
            batch.clear();
        }
    }
    lease.hold().await?;
    app.storage.delete(cx, &batch).await?;
    report.links_removed += batch.len() as u64;
    Ok(spared)
}
