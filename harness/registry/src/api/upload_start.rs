//! POST of an upload: a session, a mount, or a whole blob at once (PP1, PP2, SP1-SP4, MO1-MO3, CH2).

use http::{StatusCode, header};
use shakedown_oci::{Algorithm, Digest, ErrorCode, RepositoryName, Scope};
use shakedown_wire::Body;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::ask::{Ask, answer, finish};
use super::blobs::parse_digest;
use super::refusal::Refusal;
use super::upload_finish;
use super::{Outcome, links};
use crate::defects::{find_upload_by_listing, mount_from_anywhere, mount_without_right_401};
use crate::life::guard::Claim;
use crate::registry::App;
use crate::uploads::{Commit, Session, UploadKeys};

/// POST.
pub(crate) async fn post(app: &App, ask: &Ask, body: &mut Body, name: &RepositoryName) -> Outcome {
    if let Some(response) = mount(app, ask, name).await? {
        return Ok(response);
    }
    let keys = app.sessions.keys(name, &app.upload_id());
    if let Some(digest) = ask.query("digest").filter(|_| ask.content_length() != Some(0)) {
        return whole(app, ask, body, name, &keys, &parse_digest(&digest)?).await;
    }
    let mut session = Session::new(now(app), algorithm(app, ask)?);
    find_upload_by_listing::at_start(&app.storage, &ask.cx, &keys, &mut session).await?;
    app.sessions.save(&ask.cx, &keys, &mut session).await?;
    let mut builder = ask.about_upload(app, StatusCode::ACCEPTED, name, &keys, &session);
    if let Some(length) = app.config.chunk_min_length {
        builder = builder.header("oci-chunk-min-length", length);
    }
    Ok(finish(builder, Body::empty()))
}

/// The algorithm the client announces (CH2); the digest at the end may still name another.
fn algorithm(app: &App, ask: &Ask) -> Result<Algorithm, Refusal> {
    match ask.query("digest-algorithm").filter(|_| app.config.is_head()) {
        None => Ok(Algorithm::Sha256),
        Some(text) => text
            .parse()
            .map_err(|error: shakedown_oci::DigestError| Refusal::new(ErrorCode::DigestInvalid, error.to_string())),
    }
}

fn now(app: &App) -> String {
    OffsetDateTime::from(app.storage.clock().now()).format(&Rfc3339).unwrap_or_default()
}

/// The whole blob in the POST (SP4). What fits into memory needs no session object at all.
async fn whole(
    app: &App,
    ask: &Ask,
    body: &mut Body,
    name: &RepositoryName,
    keys: &UploadKeys,
    digest: &Digest,
) -> Outcome {
    let mut session = Session::new(now(app), digest.algorithm());
    if ask.content_length().is_none_or(|length| length >= app.config.storage.part_size) {
        app.sessions.save(&ask.cx, keys, &mut session).await?;
    }
    let outcome = upload_finish::receive_and_commit(app, ask, body, (name, digest), keys, session.clone()).await;
    if outcome.is_err() && session.generation > 0 {
        // The client was given no address to go on with, so nobody else will clean up.
        if let Ok(Some(session)) = app.sessions.load(&ask.cx, keys, None).await {
            // It has been logged; a purge finds the rest.
            let _ = app.sessions.discard(&ask.cx, keys, &session, false).await;
        }
    }
    outcome
}

/// A blob of another repository, without its bytes (MO1). Whatever stands in the way, the client may upload instead (MO3, incident D16).
async fn mount(app: &App, ask: &Ask, name: &RepositoryName) -> Result<Option<shakedown_wire::Response>, Refusal> {
    let (Some(digest), Some(from)) = (ask.query("mount"), ask.query("from")) else { return Ok(None) };
    let (Ok(digest), Ok(from)) = (digest.parse::<Digest>(), from.parse::<RepositoryName>()) else { return Ok(None) };
    // Who may not read the source learns nothing of it, not even whether it is there.
    if !ask.grant.allows(&Scope::repository(&from, &["pull"])) && !app.config.defects.has(&mount_from_anywhere::DEFECT)
    {
        if app.config.defects.has(&mount_without_right_401::DEFECT) {
            return Err(Refusal::new(ErrorCode::Unauthorized, "the source of the mount needs a right"));
        }
        return Ok(None);
    }
    let Some(content) = links::read(app, &ask.cx, &app.layout.layer_link(&from, &digest)).await? else {
        return Ok(None);
    };
    if links::blob_size(app, &ask.cx, &content).await?.is_none() {
        return Ok(None);
    }
    let claims = [Claim::Blob(&content)];
    app.guard.admit(app, &ask.cx, name, &claims).await?;
    let keys = app.sessions.keys(name, "mount");
    Commit { sessions: &app.sessions, cx: &ask.cx, name, keys: &keys, digest: &digest }.link().await?;
    app.guard.admit(app, &ask.cx, name, &claims).await?;
    Ok(Some(created(app, ask, name, &digest)))
}

/// 201 for a blob.
pub(crate) fn created(app: &App, ask: &Ask, name: &RepositoryName, digest: &Digest) -> shakedown_wire::Response {
    let builder = answer(StatusCode::CREATED)
        .header(header::LOCATION, ask.location(app, &format!("/v2/{name}/blobs/{digest}")))
        .header("docker-content-digest", digest.to_string())
        .header(header::CONTENT_LENGTH, 0);
    finish(builder, Body::empty())
}
