//! Blobs: GET, HEAD, DELETE (PB1-PB7, EX1-EX4, DB1-DB3).

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, StatusCode, header};
use shakedown_oci::{Digest, ErrorCode, RangeRequest, RepositoryName, ServedRange};
use shakedown_wire::{Body, WireError};
use tokio::time::sleep;

use super::ask::{Ask, answer, finish};
use super::refusal::Refusal;
use super::{Outcome, links, through};
use crate::config::Redirect;
use crate::defects::{headers_before_first_byte, redirect_always, stub_is_empty_blob, trusts_descriptor_cache};
use crate::registry::App;
use crate::storage::{ByteRange, Kind, Object, Opened};

/// Blobs up to this size are hashed before they are sent, so that damage is a 5xx and not a wrong body (incident H03).
pub(crate) const VERIFIED: u64 = 256 << 10;

/// Reads the digest of a path (BL1).
pub(crate) fn parse_digest(text: &str) -> Result<Digest, Refusal> {
    text.parse().map_err(|error: shakedown_oci::DigestError| Refusal::new(ErrorCode::DigestInvalid, error.to_string()))
}

/// The refusal for what is not there.
pub(crate) fn unknown(digest: &Digest) -> Refusal {
    Refusal::new(ErrorCode::BlobUnknown, "this blob is not in the repository")
        .detail(serde_json::json!({ "digest": digest }))
}

/// GET and HEAD: the link, then the data.
pub(crate) async fn get(app: &Arc<App>, ask: &Ask, name: &RepositoryName, digest: &str) -> Outcome {
    let digest = parse_digest(digest)?;
    if let Some(upstream) = &app.upstream
        && let Some(response) = through::blob(app, ask, upstream, name, &digest).await?
    {
        return Ok(response);
    }
    if let Some(size) = trusts_descriptor_cache::believed(app, &ask.cx, name, &digest).await
        && ask.head.method == Method::HEAD
    {
        return Ok(finish(head(StatusCode::OK, &digest).header(header::CONTENT_LENGTH, size), Body::empty()));
    }
    let Some(content) = links::read(app, &ask.cx, &app.layout.layer_link(name, &digest)).await? else {
        return Err(unknown(&digest));
    };
    let key = app.layout.blob(&content);
    if let Some(location) = redirect(app, ask, &digest, &content).await? {
        let builder = answer(StatusCode::TEMPORARY_REDIRECT)
            .header(header::LOCATION, location)
            .header("docker-content-digest", digest.to_string())
            .header(header::CONTENT_LENGTH, 0);
        return Ok(finish(builder, Body::empty()));
    }
    if ask.header(header::IF_NONE_MATCH).is_some_and(|tags| matches_etag(tags, &digest)) {
        return Ok(finish(head(StatusCode::NOT_MODIFIED, &digest), Body::empty()));
    }
    if ask.head.method == Method::HEAD {
        let size = match app.descriptors.size(&ask.cx, name, &content).await {
            Some(size) => size,
            None => links::blob_size(app, &ask.cx, &content).await?.ok_or_else(|| unknown(&digest))?,
        };
        app.descriptors.remember(&ask.cx, name, &content, size).await;
        return Ok(finish(head(StatusCode::OK, &digest).header(header::CONTENT_LENGTH, size), Body::empty()));
    }
    if app.config.defects.has(&headers_before_first_byte::DEFECT) {
        return promised(app, ask, &digest, &key).await;
    }
    match single_range(ask) {
        None => whole(app, ask, &digest, &content).await,
        Some(range) => part(app, ask, &digest, &key, range).await,
    }
}

async fn whole(app: &App, ask: &Ask, digest: &Digest, content: &Digest) -> Outcome {
    let key = app.layout.blob(content);
    for attempt in 1..=app.storage.retry().attempts {
        let object = match app.storage.open(&ask.cx, &key, None).await? {
            Opened::Object(object) => object,
            Opened::Absent | Opened::RangeInvalid => return Err(unknown(digest)),
        };
        let size = object.total;
        if links::is_stub(app, &ask.cx, content, size) {
            return Err(unknown(digest));
        }
        let trusted = size > VERIFIED || (size == 0 && app.config.defects.has(&stub_is_empty_blob::DEFECT));
        let body = if trusted { Some(object.body) } else { verified(object, content).await.map(Body::full) };
        if let Some(body) = body {
            return Ok(finish(head(StatusCode::OK, digest).header(header::CONTENT_LENGTH, size), body));
        }
        sleep(app.storage.pause(attempt, None)).await;
    }
    Err(app.storage.read_trouble(&ask.cx, &key, Kind::Damaged, "the blob does not have its digest").into())
}

/// The bytes if they have the digest; `None` for others, and for a body that broke off.
async fn verified(object: Object, digest: &Digest) -> Option<Bytes> {
    let limit = usize::try_from(VERIFIED).unwrap_or(usize::MAX);
    let bytes = object.body.collect(limit).await.ok()?;
    (Digest::with(digest.algorithm(), &bytes) == *digest).then_some(bytes)
}

async fn part(app: &App, ask: &Ask, digest: &Digest, key: &str, range: ByteRange) -> Outcome {
    match app.storage.open(&ask.cx, key, Some(range)).await? {
        Opened::Absent => Err(unknown(digest)),
        Opened::Object(Object { total, start, end, body }) if start < end => {
            let served = ServedRange { start, end: end - 1, total: Some(total) };
            let builder = head(StatusCode::PARTIAL_CONTENT, digest)
                .header(header::CONTENT_RANGE, served.to_string())
                .header(header::CONTENT_LENGTH, end - start);
            Ok(finish(builder, body))
        }
        Opened::Object(Object { total, .. }) => Err(outside(total)),
        Opened::RangeInvalid => {
            let size = app.storage.size(&ask.cx, key).await?.ok_or_else(|| unknown(digest))?;
            Err(outside(size))
        }
    }
}

fn outside(size: u64) -> Refusal {
    // The specification's table has no code for ranges; this one is the nearest (ER4).
    Refusal::new(ErrorCode::SizeInvalid, format!("the blob has {size} bytes"))
        .status(StatusCode::RANGE_NOT_SATISFIABLE)
        .header(header::CONTENT_RANGE, ServedRange::unsatisfied(size))
}

/// One range is served; several, another unit or nonsense are ignored (RFC 9110 section 14.2; incident H09).
fn single_range(ask: &Ask) -> Option<ByteRange> {
    match ask.header(header::RANGE)?.parse() {
        Ok(RangeRequest::Single(range)) => Some(range),
        _ => None,
    }
}

/// The head of an answer about a blob.
pub(crate) fn head(status: StatusCode, digest: &Digest) -> http::response::Builder {
    answer(status)
        .header(header::CONTENT_TYPE, "application/octet-stream")
        .header("docker-content-digest", digest.to_string())
        .header(header::ETAG, format!("\"{digest}\""))
        .header(header::ACCEPT_RANGES, "bytes")
        .header(header::CACHE_CONTROL, "max-age=31536000")
}

/// Whether an `If-None-Match` names the digest.
pub(crate) fn matches_etag(tags: &str, digest: &Digest) -> bool {
    let digest = digest.to_string();
    tags.split(',').any(|tag| {
        let tag = tag.trim();
        tag == "*" || tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"') == digest
    })
}

/// Where the client is sent, if it is; never to data that is not there (incident C01).
async fn redirect(app: &App, ask: &Ask, digest: &Digest, content: &Digest) -> Result<Option<String>, Refusal> {
    let (expiry, public_base) = match &app.config.redirect {
        Redirect::On { expiry, public_base } => (*expiry, public_base.as_ref()),
        Redirect::Off if app.config.defects.has(&redirect_always::DEFECT) => (Duration::from_secs(1200), None),
        Redirect::Off => return Ok(None),
    };
    links::blob_size(app, &ask.cx, content).await?.ok_or_else(|| unknown(digest))?;
    // An endpoint that cannot be signed for was refused with the first storage call; without a URL the blob is streamed.
    Ok(app.storage.presigned(&ask.head.method, &app.layout.blob(content), expiry, public_base).ok())
}

/// The defect: 200 and Content-Length first, the storage afterwards.
async fn promised(app: &App, ask: &Ask, digest: &Digest, key: &str) -> Outcome {
    let size = app.storage.size(&ask.cx, key).await?.ok_or_else(|| unknown(digest))?;
    let (storage, cx, key) = (app.storage.clone(), ask.cx.clone(), key.to_owned());
    let opened = async move {
        match storage.open(&cx, &key, None).await {
            Ok(Opened::Object(object)) => object.body.into_stream(),
            _ => Body::stream(futures_util::stream::iter([Err(WireError::Truncated { received: 0 })])).into_stream(),
        }
    };
    let body = Body::sized(size, futures_util::stream::StreamExt::flatten(futures_util::stream::once(opened)));
    Ok(finish(head(StatusCode::OK, digest).header(header::CONTENT_LENGTH, size), body))
}

/// DELETE: the link goes; the data stays for other repositories and for garbage collection.
pub(crate) async fn delete(app: &App, ask: &Ask, name: &RepositoryName, digest: &str) -> Outcome {
    if !app.config.delete_enabled {
        return Err(Refusal::new(ErrorCode::Unsupported, "deletion is disabled in this registry"));
    }
    let digest = parse_digest(digest)?;
    let link = app.layout.layer_link(name, &digest);
    if links::read(app, &ask.cx, &link).await?.is_none() {
        return Err(unknown(&digest));
    }
    app.storage.delete(&ask.cx, &[link]).await?;
    let builder = answer(StatusCode::ACCEPTED)
        .header(header::CONTENT_LENGTH, 0)
        .header("docker-content-digest", digest.to_string());
    Ok(finish(builder, Body::empty()))
}
