//! Soft deletes: a tombstone says what a deleted manifest was tagged with, and keeps its content until its time is over.

use serde::{Deserialize, Serialize};
use shakedown_oci::{Digest, Manifest, RepositoryName, Tag};

use super::LifeError;
use super::guard::claims;
use super::lease::LEASE;
use crate::api::{Refusal, load_manifest, read_link, record_referrer};
use crate::context::Context;
use crate::registry::App;
use crate::storage::{Payload, StorageError};

/// More than the tags of one manifest take.
const LIMIT: usize = 4 << 20;

#[derive(Debug, Serialize, Deserialize)]
struct Tombstone {
    digest: Digest,
    tags: Vec<Tag>,
}

/// Before a manifest is deleted, if the registry keeps tombstones. `tags`: those that go with it. An older tombstone's tags are kept.
pub(crate) async fn bury(
    app: &App,
    cx: &Context,
    name: &RepositoryName,
    digest: &Digest,
    mut tags: Vec<Tag>,
) -> Result<(), StorageError> {
    if !app.config.soft_delete {
        return Ok(());
    }
    let key = app.layout.tombstone(name, digest);
    tags.extend(find(app, cx, &key).await?.into_iter().flat_map(|older| older.tags));
    tags.sort();
    tags.dedup();
    let bytes = serde_json::to_vec(&Tombstone { digest: digest.clone(), tags }).unwrap_or_default();
    app.storage.put(cx, &key, &Payload::of(bytes)).await
}

async fn find(app: &App, cx: &Context, key: &str) -> Result<Option<Tombstone>, StorageError> {
    let object = app.storage.get(cx, key, LIMIT).await?;
    Ok(object.and_then(|object| serde_json::from_slice(&object.bytes).ok()))
}

/// Undoes a delete: the manifest is readable again, and so are those of its tags that nobody has used since. Gives these tags.
pub(crate) async fn restore(app: &App, name: &RepositoryName, digest: &Digest) -> Result<Vec<Tag>, LifeError> {
    let cx = Context::own(app.correlation());
    let key = app.layout.tombstone(name, digest);
    let nothing = |why: &str| LifeError::NothingToRestore(format!("{name}@{digest} {why}"));
    let tombstone = find(app, &cx, &key).await?.ok_or_else(|| nothing("has no tombstone"))?;
    let bytes = load_manifest(app, &cx, digest).await?.ok_or_else(|| nothing("was collected"))?;
    let link = Payload::of(digest.to_string());
    let manifest = Manifest::parse(&bytes, None).map_err(|error| nothing(&format!("is damaged: {error}")))?;
    let claims = claims(&manifest, digest);
    let busy = |_: Refusal| LifeError::Busy { after_s: LEASE.as_secs() };
    app.guard.admit(app, &cx, name, &claims).await.map_err(busy)?;
    app.storage.put_link(&cx, &app.layout.revision_link(name, digest), &link).await?;
    app.guard.admit(app, &cx, name, &claims).await.map_err(busy)?;
    if manifest.subject.is_some() {
        record_referrer(app, &cx, name, &manifest, digest, bytes.len() as u64).await?;
    }
    let mut restored = Vec::new();
    for tag in tombstone.tags {
        let current = app.layout.tag_current(name, &tag);
        let _moving = app.tag_locks.lock(&current).await;
        if read_link(app, &cx, &current).await?.is_none() {
            app.storage.put_link(&cx, &current, &link).await?;
            app.storage.put(&cx, &app.layout.tag_index(name, &tag, digest), &link).await?;
            restored.push(tag);
        }
    }
    app.storage.delete(&cx, &[key]).await?;
    Ok(restored)
}
