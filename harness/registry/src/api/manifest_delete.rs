//! DELETE of manifests and tags (DT1, DT2, DM1-DM3).

use futures_util::future::try_join_all;
use http::{StatusCode, header};
use shakedown_oci::{Digest, ErrorCode, Manifest, Reference, RepositoryName, Tag};
use shakedown_wire::Body;

use super::ask::{Ask, answer, finish};
use super::manifest_read::{load, unknown};
use super::refusal::Refusal;
use super::{Outcome, links, referrers, tags};
use crate::context::Context;
use crate::life::bury;
use crate::registry::App;
use crate::storage::{ListQuery, StorageError};

/// Tags that are looked at at one time.
const LOOK_UPS: usize = 16;

/// DELETE.
pub(crate) async fn delete(app: &App, ask: &Ask, name: &RepositoryName, reference: &str) -> Outcome {
    if !app.config.delete_enabled {
        return Err(Refusal::new(ErrorCode::Unsupported, "deletion is disabled in this registry"));
    }
    match reference.parse() {
        Ok(Reference::Tag(tag)) => {
            let current = app.layout.tag_current(name, &tag);
            let _moving = app.tag_locks.lock(&current).await;
            let digest = links::read(app, &ask.cx, &current).await?.ok_or_else(|| unknown(reference))?;
            bury(app, &ask.cx, name, &digest, vec![tag.clone()]).await?;
            remove_tag(app, &ask.cx, name, &tag, &digest, None).await?;
        }
        Ok(Reference::Digest(digest)) => {
            let revision = app.layout.revision_link(name, &digest);
            let _changing = app.revision_locks.lock(&revision).await;
            if links::read(app, &ask.cx, &revision).await?.is_none() {
                return Err(unknown(reference));
            }
            remove_revision(app, &ask.cx, name, &digest).await?;
        }
        Err(shakedown_oci::ReferenceError::Digest(error)) => {
            return Err(Refusal::new(ErrorCode::DigestInvalid, error.to_string()));
        }
        Err(shakedown_oci::ReferenceError::Tag(_)) => return Err(unknown(reference)),
    }
    Ok(finish(answer(StatusCode::ACCEPTED).header(header::CONTENT_LENGTH, 0), Body::empty()))
}

/// A tag that points to `digest`, with its history before it, so that what is left at any moment resolves; with an `etag` only if nobody has
/// moved it since. The prefix ends in a slash: `v1` never takes `v1-alpine` along (S3.md section 0).
async fn remove_tag(
    app: &App,
    cx: &Context,
    name: &RepositoryName,
    tag: &Tag,
    digest: &Digest,
    etag: Option<&str>,
) -> Result<(), StorageError> {
    let (current, index) = (app.layout.tag_current(name, tag), app.layout.tag_index(name, tag, digest));
    let mut history = history(app, cx, name, tag).await?;
    // What was just written may not be listed yet.
    if !history.contains(&index) {
        history.push(index);
    }
    app.storage.delete(cx, &history).await?;
    if !app.storage.delete_unchanged(cx, &current, etag).await? {
        return Ok(());
    }
    // A push at another replica that wrote its history in between would leave a tag that is listed and points nowhere.
    app.storage.delete(cx, &self::history(app, cx, name, tag).await?).await
}

/// Everything of a tag but what it points to.
async fn history(app: &App, cx: &Context, name: &RepositoryName, tag: &Tag) -> Result<Vec<String>, StorageError> {
    let below = app.storage.list_all(cx, ListQuery::all(&app.layout.tag(name, tag))).await?;
    let current = app.layout.tag_current(name, tag);
    Ok(below.objects.into_iter().map(|(key, _)| key).filter(|key| *key != current).collect())
}

/// Tags that point to the manifest and its entry as a referrer go before it, so that none ever dangles; and once more after it, for what
/// another replica has pushed meanwhile.
async fn remove_revision(app: &App, cx: &Context, name: &RepositoryName, digest: &Digest) -> Result<(), StorageError> {
    let revision = app.layout.revision_link(name, digest);
    let manifest = load(app, cx, digest).await?.and_then(|bytes| Manifest::parse(&bytes, None).ok());
    remove_pointers(app, cx, name, manifest.as_ref(), digest, true).await?;
    app.storage.delete(cx, std::slice::from_ref(&revision)).await?;
    if links::read(app, cx, &revision).await?.is_none() {
        remove_pointers(app, cx, name, manifest.as_ref(), digest, false).await?;
    }
    Ok(())
}

async fn remove_pointers(
    app: &App,
    cx: &Context,
    name: &RepositoryName,
    manifest: Option<&Manifest>,
    digest: &Digest,
    is_first: bool,
) -> Result<(), StorageError> {
    let all = tags::all(app, cx, name).await?;
    let mut pointing = Vec::new();
    for batch in all.chunks(LOOK_UPS) {
        let keys: Vec<_> = batch.iter().map(|tag| app.layout.tag_current(name, tag)).collect();
        let current = try_join_all(keys.iter().map(|key| links::read(app, cx, key))).await?;
        pointing.extend(
            batch.iter().zip(current).filter(|(_, current)| current.as_ref() == Some(digest)).map(|(tag, _)| tag),
        );
    }
    if is_first || !pointing.is_empty() {
        bury(app, cx, name, digest, pointing.iter().map(|tag| (*tag).clone()).collect()).await?;
    }
    for tag in pointing {
        let current = app.layout.tag_current(name, tag);
        let _moving = app.tag_locks.lock(&current).await;
        let Some(found) = app.storage.get(cx, &current, 1 << 10).await? else { continue };
        if found.bytes == digest.to_string().as_bytes() {
            let etag = found.etag.clone().filter(|_| found.is_as_stored());
            remove_tag(app, cx, name, tag, digest, etag.as_deref()).await?;
        }
    }
    match manifest {
        Some(manifest) => referrers::forget(app, cx, name, manifest, digest).await,
        None => Ok(()),
    }
}
