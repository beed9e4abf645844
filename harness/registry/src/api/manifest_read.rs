//! GET and HEAD of manifests (PM6-PM14, EX1-EX4; incidents I01-I05). What was pushed is what is answered: no conversion, whatever Accept says.

use bytes::Bytes;
use http::{StatusCode, header};
use serde::Deserialize;
use shakedown_oci::{Digest, ErrorCode, Manifest, Reference, RepositoryName, Tag};
use shakedown_wire::Body;
use tokio::time::sleep;

use super::ask::{Ask, answer, finish};
use super::blobs::matches_etag;
use super::refusal::Refusal;
use super::{Outcome, links, through};
use crate::context::Context;
use crate::defects::manifests_not_verified;
use crate::registry::App;
use crate::storage::{Kind, StorageError};

/// Room for manifests that another registry with a larger limit has stored.
const LIMIT: usize = Manifest::MAX_BYTES;

/// The refusal for what is not there.
pub(crate) fn unknown(reference: &str) -> Refusal {
    let reference: String = reference.chars().take(256).collect();
    Refusal::new(ErrorCode::ManifestUnknown, "this manifest is not in the repository")
        .detail(serde_json::json!({ "reference": reference }))
}

/// GET and HEAD.
pub(crate) async fn get(app: &App, ask: &Ask, name: &RepositoryName, reference: &str) -> Outcome {
    if let (Some(upstream), Ok(parsed)) = (&app.upstream, reference.parse()) {
        through::manifest(app, &ask.cx, upstream, name, &parsed).await?;
    }
    let (digest, content) = match reference.parse() {
        Ok(Reference::Digest(digest)) => {
            let content = links::read(app, &ask.cx, &app.layout.revision_link(name, &digest)).await?;
            (digest, content.ok_or_else(|| unknown(reference))?)
        }
        Ok(Reference::Tag(tag)) => resolve(app, &ask.cx, name, &tag).await?.ok_or_else(|| unknown(reference))?,
        Err(shakedown_oci::ReferenceError::Digest(error)) => {
            return Err(Refusal::new(ErrorCode::DigestInvalid, error.to_string()));
        }
        // No manifest can have been stored under such a tag.
        Err(shakedown_oci::ReferenceError::Tag(_)) => return Err(unknown(reference)),
    };
    let Some(bytes) = load(app, &ask.cx, &content).await? else {
        ask.cx.warn("a manifest is linked, but its bytes are not in the storage: answered as absent; push it again");
        return Err(unknown(reference));
    };
    let builder = answer(StatusCode::OK)
        .header("docker-content-digest", digest.to_string())
        .header(header::ETAG, format!("\"{digest}\""));
    if ask.header(header::IF_NONE_MATCH).is_some_and(|tags| matches_etag(tags, &digest)) {
        return Ok(finish(builder.status(StatusCode::NOT_MODIFIED), Body::empty()));
    }
    let builder = builder.header(header::CONTENT_TYPE, media_type(&bytes)).header(header::CONTENT_LENGTH, bytes.len());
    Ok(finish(builder, Body::full(bytes)))
}

/// The digest a tag stands for and where its bytes are. A manifest that was deleted after its tag had moved on is no reason for a 404.
async fn resolve(
    app: &App,
    cx: &Context,
    name: &RepositoryName,
    tag: &Tag,
) -> Result<Option<(Digest, Digest)>, StorageError> {
    let current = app.layout.tag_current(name, tag);
    let mut last = None;
    for _ in 0..app.storage.retry().attempts {
        let Some(digest) = links::read(app, cx, &current).await? else { return Ok(None) };
        if let Some(content) = links::read(app, cx, &app.layout.revision_link(name, &digest)).await? {
            return Ok(Some((digest, content)));
        }
        if last.replace(digest.clone()) == Some(digest) {
            break;
        }
    }
    Ok(None)
}

/// The manifest's bytes, which must have their digest (incident I05).
pub(crate) async fn load(app: &App, cx: &Context, digest: &Digest) -> Result<Option<Bytes>, StorageError> {
    let key = app.layout.blob(digest);
    for attempt in 1..=app.storage.retry().attempts {
        let Some(object) = app.storage.get(cx, &key, LIMIT).await? else { return Ok(None) };
        let unverified = app.config.defects.has(&manifests_not_verified::DEFECT);
        if unverified || Digest::with(digest.algorithm(), &object.bytes) == *digest {
            return Ok(Some(object.bytes));
        }
        sleep(app.storage.pause(attempt, None)).await;
    }
    Err(app.storage.read_trouble(cx, &key, Kind::Damaged, "the manifest's bytes do not have its digest"))
}

/// The layout keeps no media type, so it is read from the bytes, as it was required to stand there at the push (PM8).
fn media_type(bytes: &[u8]) -> String {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Typed {
        media_type: Option<String>,
    }
    let written = serde_json::from_slice::<Typed>(bytes).ok().and_then(|typed| typed.media_type);
    let fits = written.filter(|text| text.parse::<shakedown_oci::MediaType>().is_ok());
    fits.or_else(|| Manifest::parse(bytes, None).ok().map(|manifest| manifest.kind.media_type().to_owned()))
        .unwrap_or_else(|| shakedown_oci::media_type::OCI_MANIFEST.to_owned())
}
