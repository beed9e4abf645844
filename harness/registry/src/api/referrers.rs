//! Referrers of a manifest (RL1-RL15, MS1, UG2): one small object for each, written with the manifest that refers.

use futures_util::future::try_join_all;
use http::StatusCode;
use shakedown_oci::{Descriptor, Digest, Manifest, RepositoryName, media_type};

use super::Outcome;
use super::ask::{Ask, answer, json};
use super::blobs::parse_digest;
use crate::context::Context;
use crate::registry::App;
use crate::storage::{ListQuery, Payload, StorageError};

const LOOK_UPS: usize = 16;
/// A descriptor with its annotations.
const LIMIT: usize = 4 << 20;

/// GET of the referrers API.
pub(crate) async fn list(app: &App, ask: &Ask, name: &RepositoryName, subject: &str) -> Outcome {
    let subject = parse_digest(subject)?;
    let listed = app.storage.list_all(&ask.cx, ListQuery::all(&app.layout.referrers(name, &subject))).await?;
    let keys: Vec<_> = listed.objects.into_iter().map(|(key, _)| key).collect();
    let wanted: Vec<_> = ask.queries("artifactType").collect();
    let mut manifests = Vec::new();
    for batch in keys.chunks(LOOK_UPS) {
        let read = try_join_all(batch.iter().map(|key| descriptor(app, &ask.cx, key))).await?;
        manifests.extend(read.into_iter().flatten().filter(|found| {
            wanted.is_empty()
                || found.artifact_type.as_ref().is_some_and(|artifact_type| wanted.contains(artifact_type))
        }));
    }
    let index = serde_json::json!({ "schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": manifests });
    let mut builder = answer(StatusCode::OK);
    if !wanted.is_empty() {
        builder = builder.header("oci-filters-applied", "artifactType");
    }
    Ok(json(builder, media_type::OCI_INDEX, &index))
}

/// One entry; a damaged one is left out and logged.
async fn descriptor(app: &App, cx: &Context, key: &str) -> Result<Option<Descriptor>, StorageError> {
    let Some(object) = app.storage.get(cx, key, LIMIT).await? else { return Ok(None) };
    let descriptor = serde_json::from_slice(&object.bytes).ok();
    if descriptor.is_none() {
        cx.warn("an entry of the list of referrers cannot be read and was left out: push the referrer again");
    }
    Ok(descriptor)
}

/// Before a manifest with a subject becomes visible.
pub(crate) async fn record(
    app: &App,
    cx: &Context,
    name: &RepositoryName,
    manifest: &Manifest,
    digest: &Digest,
    size: u64,
) -> Result<(), StorageError> {
    let Some(subject) = &manifest.subject else { return Ok(()) };
    let entry = serde_json::to_vec(&manifest.referrer(digest.clone(), size)).unwrap_or_default();
    app.storage.put(cx, &app.layout.referrer(name, &subject.digest, digest), &Payload::of(entry)).await
}

/// When a manifest goes.
pub(crate) async fn forget(
    app: &App,
    cx: &Context,
    name: &RepositoryName,
    manifest: &Manifest,
    digest: &Digest,
) -> Result<(), StorageError> {
    let Some(subject) = &manifest.subject else { return Ok(()) };
    app.storage.delete(cx, &[app.layout.referrer(name, &subject.digest, digest)]).await
}
