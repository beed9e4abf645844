//! `gc`, `purge`, `audit`: cleaning up, and looking at what is left.

use shakedown_audit::{Kind, Options, kinds};
use shakedown_scenario::steps::{AuditRule, CleanedExpect, ExpireStep, GcStep, PurgeStep};

use super::Done;
use crate::audit::SettledBucket;
use crate::expect::Checks;
use crate::stage::Stage;
use crate::systems::{Cleaned, Cleaning};
use crate::trace::{Entry, Key};
use crate::view::{BucketView, ViewError};

pub(super) async fn gc(stage: &Stage, step: &GcStep) -> Result<Done, String> {
    clean(stage, Cleaning::Gc(step.clone()), &step.expect, "gc").await
}

pub(super) async fn purge(stage: &Stage, step: &PurgeStep) -> Result<Done, String> {
    clean(stage, Cleaning::Purge(step.clone()), &step.expect, "purge").await
}

pub(super) async fn expire(stage: &Stage, step: &ExpireStep) -> Result<Done, String> {
    clean(stage, Cleaning::Expire(step.clone()), &step.expect, "expire").await
}

pub(super) async fn audit(stage: &Stage, rule: &AuditRule) -> Result<Done, String> {
    let mut checks = Checks::at("the bucket", &stage.spec, None);
    match check_audit(stage.world.store()?, rule, &mut checks).await? {
        Ok(()) => Ok(Done::checked(checks.list)),
        Err(error) => Ok(Done::error(error)),
    }
}

/// Objects of each sort in the bucket.
#[derive(Debug, Default)]
struct Census {
    blobs: u64,
    manifests: u64,
    uploads: u64,
    multipart: u64,
}

async fn census(bucket: &dyn BucketView) -> Result<Census, ViewError> {
    let mut census = Census { multipart: bucket.uploads().await?.len() as u64, ..Census::default() };
    let mut uploads = std::collections::BTreeSet::new();
    for object in bucket.objects().await? {
        let key = Key::of(&object.key);
        match key.entry {
            Entry::BlobData => census.blobs += 1,
            Entry::Revision => census.manifests += 1,
            Entry::Upload => drop(uploads.insert(key.upload.unwrap_or_default().to_owned())),
            _ => {}
        }
    }
    census.uploads = uploads.len() as u64;
    Ok(census)
}

async fn clean(stage: &Stage, work: Cleaning, expect: &CleanedExpect, what: &str) -> Result<Done, String> {
    let bucket = stage.world.store()?;
    let looked = |error: ViewError| error.to_string();
    let before = census(bucket).await.map_err(looked)?;
    let cleaned: Cleaned = match stage.world.clean(&work).await {
        Ok(cleaned) => cleaned,
        Err(error) => return Ok(Done::error(error.to_string())),
    };
    let after = census(bucket).await.map_err(looked)?;
    let mut checks = Checks::at(what, &stage.spec, None);
    let expected = if expect.fails { "it stops with an error" } else { "it goes through" };
    checks.note(cleaned.went_well != expect.fails, what, expected, cleaned.said);
    for (what, expected, before, after) in [
        ("blobs removed", expect.blobs_removed, before.blobs, after.blobs),
        ("manifests removed", expect.manifests_removed, before.manifests, after.manifests),
        ("upload sessions removed", expect.uploads_removed, before.uploads, after.uploads),
        ("multipart uploads aborted", expect.multipart_aborted, before.multipart, after.multipart),
    ] {
        if let Some(expected) = expected {
            let actual = before.saturating_sub(after);
            checks.note(actual == expected, what, expected.to_string(), actual.to_string());
        }
    }
    Ok(Done::checked(checks.list))
}

/// Audits a bucket and compares. The outer error is a mistake in the file, the inner one a bucket that cannot be read.
pub(crate) async fn check_audit(
    bucket: &dyn BucketView,
    rule: &AuditRule,
    checks: &mut Checks,
) -> Result<Result<(), String>, String> {
    let named: Vec<&'static Kind> =
        rule.expect.keys().chain(&rule.ignore).map(|id| kind(id)).collect::<Result<_, _>>()?;
    let options = Options { deep: true, ..Options::default() };
    let audit = match shakedown_audit::audit(&SettledBucket(bucket), &options, &|_| {}).await {
        Ok(audit) => audit,
        Err(error) => return Ok(Err(error.to_string())),
    };
    for kind in kinds::ALL.iter().filter(|kind| !rule.ignore.iter().any(|id| id == kind.id)) {
        let expected = rule.expect.get(kind.id).copied().unwrap_or(0);
        let actual = audit.count(kind);
        if actual == 0 && !named.contains(kind) {
            continue;
        }
        let first = audit.lines().into_iter().find(|line| line.starts_with(&format!("{} ", kind.id)));
        let shown = first.map_or_else(|| actual.to_string(), |line| format!("{actual}; the first: {line}"));
        checks.note(actual == expected, "audit", format!("{expected} of {}", kind.id), shown);
    }
    if checks.list.is_empty() {
        let seen = &audit.seen;
        let actual = format!("nothing in {} objects, {} tags, {} manifests", seen.objects, seen.tags, seen.manifests);
        checks.note(true, "audit", "nothing wrong", actual);
    }
    Ok(Ok(()))
}

fn kind(id: &str) -> Result<&'static Kind, String> {
    let known = || kinds::ALL.iter().map(|kind| kind.id).collect::<Vec<_>>().join(", ");
    kinds::ALL
        .iter()
        .find(|kind| kind.id == id)
        .copied()
        .ok_or_else(|| format!("`{id}` is not a kind of finding; known are {}", known()))
}
