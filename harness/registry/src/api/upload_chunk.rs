//! PATCH of an upload: one more chunk, or a stream of unknown length (CH4-CH11). 202 means that every byte is durable (incident A08).

use http::{StatusCode, header};
use shakedown_oci::{ContentRange, ErrorCode, RepositoryName};
use shakedown_wire::Body;

use super::Outcome;
use super::ask::{Ask, finish, upload_range};
use super::refusal::Refusal;
use crate::defects::{content_range_ignored, patch_acks_before_stored};
use crate::registry::App;
use crate::storage::{Kind, StorageError};
use crate::uploads::{Receive, ReceiveError, Session, Target, UploadKeys};

/// How long a client may be silent in the middle of a body (incident D13).
pub(crate) const IDLE: std::time::Duration = std::time::Duration::from_secs(60);

/// The keys of an upload whose id is a UUID; anything else is no upload of ours.
pub(crate) fn parse_upload(app: &App, name: &RepositoryName, id: &str) -> Result<UploadKeys, Refusal> {
    match uuid::Uuid::try_parse(id) {
        Ok(uuid) if uuid.hyphenated().to_string() == id => Ok(app.sessions.keys(name, id)),
        _ => Err(Refusal::unknown_upload()),
    }
}

/// The session of an upload; one that nobody finished in time is given up (CA4).
pub(crate) async fn open(app: &App, ask: &Ask, keys: &UploadKeys) -> Result<Option<Session>, StorageError> {
    let Some(session) = app.sessions.load(&ask.cx, keys, ask.hint()).await? else { return Ok(None) };
    let idle = session.idle(app.storage.clock().now());
    if idle.is_none_or(|idle| idle <= app.config.upload_expiry) {
        return Ok(Some(session));
    }
    ask.cx.info("an upload that nobody finished was given up");
    app.sessions.discard(&ask.cx, keys, &session, false).await?;
    Ok(None)
}

/// Chunks but the last are not smaller than was asked for (CH3, CH7); that one was is known when another follows it.
fn check_chunk_size(app: &App, session: &Session) -> Result<(), Refusal> {
    let Some(least) = app.config.chunk_min_length else { return Ok(()) };
    match session.last_chunk {
        Some(length) if length < least => {
            let message = format!("a chunk of {length} bytes was not the last; chunks have {least} bytes or more");
            Err(Refusal::new(ErrorCode::SizeInvalid, message))
        }
        _ => Ok(()),
    }
}

/// PATCH.
pub(crate) async fn patch(app: &App, ask: &Ask, body: &mut Body, name: &RepositoryName, id: &str) -> Outcome {
    let keys = parse_upload(app, name, id)?;
    let _working = app.sessions.lock(&keys).await;
    let hint = ask.hint();
    let Some(mut session) = open(app, ask, &keys).await? else { return Err(Refusal::unknown_upload()) };
    check_chunk_size(app, &session)?;
    let range = check_range(app, ask, name, &keys, &session)?;
    let is_replay = range.is_none() && hint.is_some_and(|hint| hint.offset < session.offset);
    if session.sealed || (is_replay && !app.config.defects.has(&content_range_ignored::DEFECT)) {
        // An older Location without Content-Range: a chunk sent again, or two at once (incidents D04, D11).
        return Err(out_of_range(
            app,
            ask,
            name,
            &keys,
            &session,
            "this upload has gone on since that Location was given",
        ));
    }
    leave_direct_upload(app, ask, &keys, &mut session).await?;
    let before = session.clone();
    let expected = ask.content_length();
    let received = Receive::new(&app.sessions, &ask.cx, &keys, session, Target::Data, expected).take(body, IDLE).await;
    let mut session = match received {
        Ok((session, _)) => session,
        Err(ReceiveError::Storage(error)) if patch_acks_before_stored::hides_failure(&app.config.defects) => {
            return Ok(hidden_failure(app, ask, name, &keys, before, expected, &error));
        }
        Err(error) => return Err(after_failure(app, ask, name, &keys, &before, error).await),
    };
    check_length(session.offset - before.offset, expected, range)?;
    session.last_chunk = Some(session.offset - before.offset);
    if let Err(error) = app.sessions.save(&ask.cx, &keys, &mut session).await {
        if patch_acks_before_stored::hides_failure(&app.config.defects) {
            return Ok(hidden_failure(app, ask, name, &keys, before, expected, &error));
        }
        return Err(after_failure(app, ask, name, &keys, &before, error.into()).await);
    }
    let mut builder = ask.about_upload(app, StatusCode::ACCEPTED, name, &keys, &session);
    if let Some(headers) = builder.headers_mut() {
        let range = upload_range(app, session.offset, Some(session.offset - before.offset));
        if let Ok(range) = range.parse() {
            headers.insert(header::RANGE, range);
        }
    }
    Ok(finish(builder, Body::empty()))
}

/// The chunk's place, if the client says it: it must be the session's end (CH5, CH6, CH10, CH11, CH15; incidents D03-D05).
pub(crate) fn check_range(
    app: &App,
    ask: &Ask,
    name: &RepositoryName,
    keys: &UploadKeys,
    session: &Session,
) -> Result<Option<ContentRange>, Refusal> {
    let Some(value) = ask.head.headers.get(header::CONTENT_RANGE) else { return Ok(None) };
    if app.config.defects.has(&content_range_ignored::DEFECT) {
        return Ok(None);
    }
    let refuse = |message: String| out_of_range(app, ask, name, keys, session, message);
    let text = String::from_utf8_lossy(value.as_bytes());
    let range: ContentRange =
        text.parse().map_err(|error: shakedown_oci::ContentRangeError| refuse(error.to_string()))?;
    if range.start() != session.offset {
        return Err(refuse(format!(
            "the chunk begins at {}, but {} bytes have been received",
            range.start(),
            session.offset
        )));
    }
    if ask.content_length().is_some_and(|length| length != range.length()) {
        return Err(Refusal::new(
            ErrorCode::SizeInvalid,
            format!("Content-Range spans {} bytes, Content-Length differs", range.length()),
        ));
    }
    Ok(Some(range))
}

/// What was announced must be what came.
pub(crate) fn check_length(received: u64, announced: Option<u64>, range: Option<ContentRange>) -> Result<(), Refusal> {
    for expected in [announced, range.map(ContentRange::length)].into_iter().flatten() {
        if expected != received {
            return Err(Refusal::new(
                ErrorCode::SizeInvalid,
                format!("{received} bytes came where {expected} were announced"),
            ));
        }
    }
    Ok(())
}

/// 416 with where the session stands, so that a client can go on from there (CH11).
pub(crate) fn out_of_range(
    app: &App,
    ask: &Ask,
    name: &RepositoryName,
    keys: &UploadKeys,
    session: &Session,
    message: impl Into<String>,
) -> Refusal {
    // RANGE_INVALID is distribution's word and not in the specification's table (ER4).
    let mut refusal = Refusal::new(ErrorCode::BlobUploadInvalid, message).status(StatusCode::RANGE_NOT_SATISFIABLE);
    let about = ask.about_upload(app, StatusCode::RANGE_NOT_SATISFIABLE, name, keys, session);
    for header_name in [header::LOCATION, header::RANGE] {
        let value = about.headers_ref().and_then(|headers| headers.get(&header_name)?.to_str().ok());
        if let Some(value) = value {
            refusal = refusal.header(header_name, value);
        }
    }
    refusal
}

/// A PUT may have opened an upload straight to its blob and failed; a chunk goes another way.
async fn leave_direct_upload(
    app: &App,
    ask: &Ask,
    keys: &UploadKeys,
    session: &mut Session,
) -> Result<(), StorageError> {
    if let Some(multipart) = session.multipart.take_if(|multipart| multipart.target != Target::Data) {
        let key = app.sessions.part_key(keys, &multipart.target);
        app.storage.abort_upload(&ask.cx, &key, &multipart.upload).await?;
    }
    Ok(())
}

/// A session whose parts the store has thrown away is over (incident D18), and one that another replica has changed meanwhile goes on from
/// there (incident D11); anything else leaves it as it was (incident D12).
pub(crate) async fn after_failure(
    app: &App,
    ask: &Ask,
    name: &RepositoryName,
    keys: &UploadKeys,
    stored: &Session,
    error: ReceiveError,
) -> Refusal {
    match error {
        ReceiveError::Storage(error) if error.kind() == Kind::UploadGone => {
            ask.cx.warn(&error.to_string());
            // Nobody can use it any more; a purge finds what cannot be removed now.
            let _ = app.sessions.discard(&ask.cx, keys, stored, false).await;
            Refusal::unknown_upload()
        }
        ReceiveError::Storage(error) if error.kind() == Kind::Conflict => {
            match app.sessions.load(&ask.cx, keys, None).await {
                Ok(Some(session)) => {
                    out_of_range(app, ask, name, keys, &session, "another request has changed this upload")
                }
                Ok(None) => Refusal::unknown_upload(),
                Err(error) => error.into(),
            }
        }
        error => error.into(),
    }
}

/// The defect: a 202 for bytes that are nowhere.
fn hidden_failure(
    app: &App,
    ask: &Ask,
    name: &RepositoryName,
    keys: &UploadKeys,
    mut session: Session,
    expected: Option<u64>,
    _lost: &StorageError,
) -> shakedown_wire::Response {
    session.offset += expected.unwrap_or(0);
    finish(ask.about_upload(app, StatusCode::ACCEPTED, name, keys, &session), Body::empty())
}
