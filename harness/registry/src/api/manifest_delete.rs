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
            let current = links::read(app, &ask.cx, &app.layout.tag_current(name, &tag)).await?;
            remove_tag(app, &ask.cx, name, &tag, &current.ok_or_else(|| unknown(reference))?).await?;
        }
        Ok(Reference::Digest(digest)) => {
            if links::read(app, &ask.cx, &app.layout.revision_link(name, &digest)).await?.is_none() {
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

/// A tag that points to `current`, with its history before it, so that what is left at any moment resolves. The prefix ends in a slash:
/// `v1` never takes `v1-alpine` along (S3.md section 0).
async fn remove_tag(
    app: &App,
    cx: &Context,
    name: &RepositoryName,
    tag: &Tag,
    current: &Digest,
) -> Result<(), StorageError> {
    let below = app.storage.list_all(cx, ListQuery::all(&app.layout.tag(name, tag))).await?;
    // What was just written may not be listed yet.
    let known = [app.layout.tag_index(name, tag, current), app.layout.tag_current(name, tag)];
    let history = below.objects.into_iter().map(|(key, _)| key).filter(|key| !known.contains(key));
    let keys: Vec<_> = history.chain(known.clone()).collect();
    app.storage.delete(cx, &keys).await
}

/// Tags that point to the manifest go before it, so none ever dangles.
async fn remove_revision(app: &App, cx: &Context, name: &RepositoryName, digest: &Digest) -> Result<(), StorageError> {
    let all = tags::all(app, cx, name).await?;
    for batch in all.chunks(LOOK_UPS) {
        let keys: Vec<_> = batch.iter().map(|tag| app.layout.tag_current(name, tag)).collect();
        let current = try_join_all(keys.iter().map(|key| links::read(app, cx, key))).await?;
        for (tag, _) in batch.iter().zip(current).filter(|(_, current)| current.as_ref() == Some(digest)) {
            remove_tag(app, cx, name, tag, digest).await?;
        }
    }
    if let Ok(Some(bytes)) = load(app, cx, digest).await
        && let Ok(manifest) = Manifest::parse(&bytes, None)
    {
        referrers::forget(app, cx, name, &manifest, digest).await?;
    }
    app.storage.delete(cx, &[app.layout.revision_link(name, digest)]).await
}
