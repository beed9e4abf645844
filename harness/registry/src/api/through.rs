//! Reads through a pull-through cache: brings into storage what is asked for and not there, so that the handlers of plain reads find it.
//! What is cached is served when the upstream cannot answer; what is not is answered as the upstream's trouble, never as absent (incidents
//! H06, H08). Tags are asked of the upstream each time; digests never change and are asked once.

use std::sync::Arc;

use http::{Method, StatusCode, header};
use indexmap::IndexSet;
use shakedown_oci::{Digest, Manifest, Reference, RepositoryName, Tag};
use shakedown_wire::{Body, Response};

use super::ask::{Ask, finish};
use super::refusal::Refusal;
use super::{blobs, links, manifest_read, manifest_write};
use crate::context::Context;
use crate::defects::{
    upstream_believed, upstream_errors_are_404, upstream_fetched_per_client, upstream_needed_for_cached,
};
use crate::registry::App;
use crate::storage::{Payload, StorageError};
use crate::upstream::{Begun, Fetch, Fetched, Flights, Join, Trouble, Upstream};

/// How often somebody who waited looks again.
const ROUNDS: u32 = 4;

/// Sees to it that the manifest is here as the upstream has it.
pub(crate) async fn manifest(
    app: &App,
    cx: &Context,
    upstream: &Upstream,
    name: &RepositoryName,
    reference: &Reference,
) -> Result<(), Refusal> {
    let _fetching = upstream.manifests.lock(&format!("{name}/{reference}")).await;
    let brought = match reference {
        Reference::Digest(digest) if is_revision(app, cx, name, digest).await? => return Ok(()),
        Reference::Digest(_) => bring(app, cx, upstream, name, reference, None).await,
        Reference::Tag(tag) => follow(app, cx, upstream, name, tag).await,
    };
    let trouble = match brought {
        Ok(()) => return Ok(()),
        Err(Stopped::Refusal(refusal)) => return Err(refusal),
        Err(Stopped::Trouble(trouble)) => trouble,
    };
    if let Reference::Tag(tag) = reference
        && trouble.is_passing()
        && !app.config.defects.has(&upstream_needed_for_cached::DEFECT)
        && links::read(app, cx, &app.layout.tag_current(name, tag)).await?.is_some()
    {
        cx.warn("upstream: a tag could not be asked for; it is answered as it was seen last");
        return Ok(());
    }
    Err(refuse(app, trouble, manifest_read::unknown(&reference.to_string())))
}

/// Why a manifest is not here.
enum Stopped {
    Trouble(Trouble),
    Refusal(Refusal),
}

impl From<Trouble> for Stopped {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl From<Refusal> for Stopped {
    fn from(refusal: Refusal) -> Self {
        Self::Refusal(refusal)
    }
}

impl From<StorageError> for Stopped {
    fn from(error: StorageError) -> Self {
        Self::Refusal(error.into())
    }
}

/// Asks where a tag stands now, and brings that.
async fn follow(app: &App, cx: &Context, upstream: &Upstream, name: &RepositoryName, tag: &Tag) -> Result<(), Stopped> {
    let Some(digest) = upstream.head_manifest(cx, name, &Reference::Tag(tag.clone())).await? else {
        return bring(app, cx, upstream, name, &Reference::Tag(tag.clone()), Some(tag)).await;
    };
    if !is_revision(app, cx, name, &digest).await? {
        return bring(app, cx, upstream, name, &Reference::Digest(digest), Some(tag)).await;
    }
    if links::read(app, cx, &app.layout.tag_current(name, tag)).await?.as_ref() == Some(&digest) {
        return Ok(());
    }
    // It was here before the tag moved to it.
    let Some(bytes) = manifest_read::load(app, cx, &digest).await? else { return Ok(()) };
    let Ok(manifest) = Manifest::parse(&bytes, None) else { return Ok(()) };
    keep(app, cx, name, &Fetched { digest, bytes, manifest }, Some(tag)).await?;
    Ok(())
}

/// Fetches a manifest and keeps it, under `tag` if one is given.
async fn bring(
    app: &App,
    cx: &Context,
    upstream: &Upstream,
    name: &RepositoryName,
    reference: &Reference,
    tag: Option<&Tag>,
) -> Result<(), Stopped> {
    let fetched = upstream.manifest(cx, name, reference).await?;
    keep(app, cx, name, &fetched, tag).await?;
    Ok(())
}

/// Its blobs come when they are asked for, so they are not looked for.
async fn keep(
    app: &App,
    cx: &Context,
    name: &RepositoryName,
    fetched: &Fetched,
    tag: Option<&Tag>,
) -> Result<(), Refusal> {
    let tags: IndexSet<Tag> = tag.cloned().into_iter().collect();
    manifest_write::store(app, cx, name, &fetched.manifest, &fetched.digest, &fetched.bytes, &tags).await
}

/// True if the manifest is in the repository with its bytes.
async fn is_revision(app: &App, cx: &Context, name: &RepositoryName, digest: &Digest) -> Result<bool, StorageError> {
    match links::read(app, cx, &app.layout.revision_link(name, digest)).await? {
        Some(content) => Ok(links::blob_size(app, cx, &content).await?.is_some()),
        None => Ok(false),
    }
}

/// Sees to it that the blob is here, or gives the answer to a client that gets it while it comes.
pub(crate) async fn blob(
    app: &Arc<App>,
    ask: &Ask,
    upstream: &Upstream,
    name: &RepositoryName,
    digest: &Digest,
) -> Result<Option<Response>, Refusal> {
    let cx = &ask.cx;
    let refused = |trouble| refuse(app, trouble, blobs::unknown(digest));
    for _ in 0..ROUNDS {
        match here(app, cx, name, digest).await? {
            Here::Linked => return Ok(None),
            Here::Data => {
                // Another repository brought it. Whether this one may have it is for the upstream to say.
                upstream.head_blob(cx, name, digest).await.map_err(refused)?;
                let link = Payload::of(digest.to_string());
                app.storage.put_link(cx, &app.layout.layer_link(name, digest), &link).await?;
                return Ok(None);
            }
            Here::Nothing => {}
        }
        if ask.head.method == Method::HEAD {
            let size = upstream.head_blob(cx, name, digest).await.map_err(refused)?;
            let builder = blobs::head(StatusCode::OK, digest).header(header::CONTENT_LENGTH, size);
            return Ok(Some(finish(builder, Body::empty())));
        }
        if app.config.defects.has(&upstream_believed::DEFECT) {
            return upstream_believed::pass_on(upstream, cx, name, digest).await.map(Some).map_err(refused);
        }
        let join = if app.config.defects.has(&upstream_fetched_per_client::DEFECT) {
            Flights::alone(digest)
        } else {
            upstream.flights.join(name, digest)
        };
        match join {
            Join::Wait(flight) => {
                let asked_for = flight.name.clone();
                match flight.landed().await {
                    Some(Err(trouble)) if asked_for == *name => return Err(refused(trouble)),
                    _ => {}
                }
            }
            // Somebody may have landed in between.
            Join::Lead(_) if !matches!(here(app, cx, name, digest).await?, Here::Nothing) => {}
            Join::Lead(lead) => {
                let whole = !ask.head.headers.contains_key(header::RANGE);
                let fetch = Fetch {
                    app: app.clone(),
                    cx: cx.clone(),
                    name: name.clone(),
                    digest: digest.clone(),
                    streamed_above: whole.then_some(blobs::VERIFIED),
                };
                if let Begun::Streamed(body) = fetch.begin(lead).await.map_err(refused)? {
                    let builder = blobs::head(StatusCode::OK, digest)
                        .header(header::CONTENT_LENGTH, body.length().unwrap_or_default());
                    return Ok(Some(finish(builder, body)));
                }
            }
        }
    }
    Err(refused(Trouble::Busy { after: None }))
}

/// What there is of a blob.
enum Here {
    Linked,
    Data,
    Nothing,
}

async fn here(app: &App, cx: &Context, name: &RepositoryName, digest: &Digest) -> Result<Here, StorageError> {
    let link = links::read(app, cx, &app.layout.layer_link(name, digest)).await?;
    let data = links::blob_size(app, cx, link.as_ref().unwrap_or(digest)).await?.is_some();
    Ok(match (link, data) {
        (Some(_), true) => Here::Linked,
        (None, true) => Here::Data,
        (_, false) => Here::Nothing,
    })
}

fn refuse(app: &App, trouble: Trouble, absent: Refusal) -> Refusal {
    let trouble = if app.config.defects.has(&upstream_errors_are_404::DEFECT) { Trouble::Absent } else { trouble };
    trouble.refusal(absent)
}
