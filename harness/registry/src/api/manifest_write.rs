//! PUT of manifests (MP1-MP17, PU1, PU2, MS1; incidents I06-I09). Written in an order that never leaves a tag that points to nothing:
//! bytes, revision, referrer, tag, tag history.

use bytes::Bytes;
use futures_util::future::try_join_all;
use http::{StatusCode, header};
use indexmap::IndexSet;
use shakedown_oci::{Algorithm, Descriptor, Digest, ErrorCode, Manifest, MediaType, Reference, RepositoryName, Tag};
use shakedown_wire::{Body, WireError};

use super::ask::{Ask, answer, finish};
use super::refusal::Refusal;
use super::{Outcome, links, referrers};
use crate::context::Context;
use crate::defects::{missing_blobs_accepted, storage_error_is_blob_unknown, trusts_descriptor_cache};
use crate::life::guard::claims;
use crate::registry::App;
use crate::storage::{Payload, StorageError};

/// Most references that are looked up at one time.
const LOOK_UPS: usize = 16;
/// Times a manifest is linked that somebody else deletes meanwhile.
const TRIES: u32 = 3;
/// Most tags of one PUT by digest (MP12 asks for ten).
const MOST_TAGS: usize = 100;

/// PUT.
pub(crate) async fn put(app: &App, ask: &Ask, body: &mut Body, name: &RepositoryName, reference: &str) -> Outcome {
    let reference: Reference = reference.parse().map_err(|error: shakedown_oci::ReferenceError| match error {
        shakedown_oci::ReferenceError::Digest(error) => Refusal::new(ErrorCode::DigestInvalid, error.to_string()),
        shakedown_oci::ReferenceError::Tag(error) => Refusal::new(ErrorCode::ManifestInvalid, error.to_string()),
    })?;
    let bytes = read_body(app, ask, body).await?;
    let content_type = content_type(ask)?;
    let manifest = Manifest::parse(&bytes, content_type.as_ref())
        .map_err(|error| Refusal::new(ErrorCode::ManifestInvalid, error.to_string()))?;
    require_own_type(&manifest)?;
    let algorithm = reference.digest().map_or(Algorithm::Sha256, Digest::algorithm);
    let digest = Digest::with(algorithm, &bytes);
    if reference.digest().is_some_and(|asked| *asked != digest) {
        return Err(Refusal::new(ErrorCode::DigestInvalid, format!("the manifest's digest is {digest}")));
    }
    let tags = tags_of(app, ask, &reference)?;
    check_references(app, &ask.cx, name, &manifest).await?;
    app.guard.admit(app, &ask.cx, name, &claims(&manifest, &digest)).await?;
    store(app, &ask.cx, name, &manifest, &digest, &bytes, &tags).await?;
    let mut builder = answer(StatusCode::CREATED)
        .header(header::LOCATION, ask.location(app, &format!("/v2/{name}/manifests/{digest}")))
        .header("docker-content-digest", digest.to_string())
        .header(header::CONTENT_LENGTH, 0);
    if let Some(subject) = manifest.subject.as_ref().filter(|_| app.config.referrers) {
        builder = builder.header("oci-subject", subject.digest.to_string());
    }
    if reference.tag().is_none() {
        for tag in &tags {
            builder = builder.header("oci-tag", tag.as_str());
        }
    }
    Ok(finish(builder, Body::empty()))
}

async fn read_body(app: &App, ask: &Ask, body: &mut Body) -> Result<Bytes, Refusal> {
    let limit = app.config.manifest_limit;
    let too_large = || {
        Refusal::new(ErrorCode::SizeInvalid, format!("a manifest may have {limit} bytes"))
            .status(StatusCode::PAYLOAD_TOO_LARGE)
    };
    let announced = ask.content_length();
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(too_large());
    }
    let bytes = std::mem::take(body).collect(limit).await.map_err(|error| match error {
        WireError::TooLarge { .. } => too_large(),
        other => Refusal::new(ErrorCode::SizeInvalid, format!("the request body broke off: {other}")),
    })?;
    if announced.is_some_and(|length| length != bytes.len() as u64) {
        return Err(Refusal::new(ErrorCode::SizeInvalid, "fewer bytes came than were announced"));
    }
    Ok(bytes)
}

/// The header's type; parameters do not count (MP3).
fn content_type(ask: &Ask) -> Result<Option<MediaType>, Refusal> {
    let Some(text) = ask.header(header::CONTENT_TYPE) else { return Ok(None) };
    text.parse()
        .map(Some)
        .map_err(|error: shakedown_oci::MediaTypeError| Refusal::new(ErrorCode::ManifestInvalid, error.to_string()))
}

/// Docker types must be written in the manifest itself: the layout keeps no type beside the bytes, and without the field they would be
/// answered as OCI's (PM8).
fn require_own_type(manifest: &Manifest) -> Result<(), Refusal> {
    let by_shape = if manifest.kind.is_index() {
        shakedown_oci::ManifestKind::OciIndex
    } else {
        shakedown_oci::ManifestKind::OciManifest
    };
    if manifest.media_type.is_none() && manifest.kind != by_shape {
        return Err(Refusal::new(
            ErrorCode::ManifestInvalid,
            "a manifest of a Docker type must have the field mediaType",
        ));
    }
    Ok(())
}

/// The tag of the path, or the tag parameters of a PUT by digest.
fn tags_of(app: &App, ask: &Ask, reference: &Reference) -> Result<IndexSet<Tag>, Refusal> {
    if let Some(tag) = reference.tag() {
        return Ok(IndexSet::from([tag.clone()]));
    }
    if !app.config.is_head() {
        return Ok(IndexSet::new());
    }
    let invalid = |error: shakedown_oci::TagError| Refusal::new(ErrorCode::ManifestInvalid, error.to_string());
    let tags: IndexSet<Tag> =
        ask.queries("tag").take(MOST_TAGS + 1).map(|tag| tag.parse().map_err(invalid)).collect::<Result<_, _>>()?;
    if tags.len() > MOST_TAGS {
        return Err(Refusal::new(
            ErrorCode::ManifestInvalid,
            format!("at most {MOST_TAGS} tag parameters are accepted"),
        ));
    }
    Ok(tags)
}

/// Everything the manifest needs must be linked into the repository (PU2); its subject need not exist (PU1), and layers that live
/// elsewhere neither.
async fn check_references(app: &App, cx: &Context, name: &RepositoryName, manifest: &Manifest) -> Result<(), Refusal> {
    let blobs = manifest.blobs().filter(|blob| !lives_elsewhere(blob));
    let blobs = blobs.map(|blob| (app.layout.layer_link(name, &blob.digest), blob.digest.clone()));
    let children = manifest.manifests.iter().filter(|_| !app.config.sparse);
    let children = children.map(|child| (app.layout.revision_link(name, &child.digest), child.digest.clone()));
    let wanted: IndexSet<(String, Digest)> = blobs.chain(children).collect();
    let mut missing = Vec::new();
    let wanted: Vec<_> = wanted.into_iter().collect();
    for batch in wanted.chunks(LOOK_UPS) {
        let found = try_join_all(batch.iter().map(|(link, digest)| is_linked(app, cx, name, link, digest))).await?;
        missing.extend(batch.iter().zip(found).filter(|(_, found)| !found).map(|((_, digest), _)| digest));
    }
    if missing.is_empty() || app.config.defects.has(&missing_blobs_accepted::DEFECT) {
        return Ok(());
    }
    let detail = serde_json::json!({ "missing": missing });
    Err(Refusal::new(ErrorCode::ManifestBlobUnknown, "the manifest references what is not in the repository")
        .detail(detail))
}

/// A layer with URLs, or of a type that must not be distributed, need not be in the registry.
fn lives_elsewhere(blob: &Descriptor) -> bool {
    let media_type = blob.media_type.as_str();
    !blob.urls.is_empty()
        || media_type.starts_with("application/vnd.oci.image.layer.nondistributable.")
        || media_type.starts_with("application/vnd.docker.image.rootfs.foreign.")
}

async fn is_linked(
    app: &App,
    cx: &Context,
    name: &RepositoryName,
    link: &str,
    digest: &Digest,
) -> Result<bool, StorageError> {
    if trusts_descriptor_cache::believed(app, cx, name, digest).await.is_some() {
        return Ok(true);
    }
    match links::read(app, cx, link).await {
        Err(_) if app.config.defects.has(&storage_error_is_blob_unknown::DEFECT) => Ok(false),
        other => Ok(other?.is_some()),
    }
}

/// Writes the manifest, its revision and its tags; what it references is not looked at.
pub(crate) async fn store(
    app: &App,
    cx: &Context,
    name: &RepositoryName,
    manifest: &Manifest,
    digest: &Digest,
    bytes: &Bytes,
    tags: &IndexSet<Tag>,
) -> Result<(), Refusal> {
    let (storage, layout) = (&app.storage, &app.layout);
    let revision = layout.revision_link(name, digest);
    let _changing = app.revision_locks.lock(&revision).await;
    storage.put(cx, &layout.blob(digest), &Payload::of(bytes.clone())).await?;
    for _ in 0..TRIES {
        link(app, cx, name, manifest, digest, bytes.len() as u64, tags).await?;
        // Another replica may have deleted the manifest while it was linked.
        if links::read(app, cx, &revision).await?.is_some() {
            return Ok(());
        }
        cx.info("a manifest was deleted while it was put: linked again");
    }
    Err(storage.not_visible(cx, &revision, "the link of a manifest does not stay").into())
}

/// Revision, referrer, tags with their history, in this order.
async fn link(
    app: &App,
    cx: &Context,
    name: &RepositoryName,
    manifest: &Manifest,
    digest: &Digest,
    size: u64,
    tags: &IndexSet<Tag>,
) -> Result<(), Refusal> {
    let (storage, layout) = (&app.storage, &app.layout);
    let link = Payload::of(digest.to_string());
    // Proven by its ETag, or read back; read again when all is done.
    storage.put(cx, &layout.revision_link(name, digest), &link).await?;
    referrers::record(app, cx, name, manifest, digest, size).await?;
    // The revision is what garbage collection sees; no tag before it is certain that this one stays.
    app.guard.admit(app, cx, name, &claims(manifest, digest)).await?;
    for tag in tags {
        // A tag is listed as soon as anything stands in its directory, so what it points to comes before its history.
        let current = layout.tag_current(name, tag);
        let _moving = app.tag_locks.lock(&current).await;
        let index = layout.tag_index(name, tag, digest);
        storage.move_link(cx, &current, &link, storage.put(cx, &index, &link)).await?;
    }
    Ok(())
}
