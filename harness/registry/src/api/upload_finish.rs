//! PUT of an upload: the last bytes, if any, and the digest (PP5, CH12-CH15; incidents D09, D10, A23).

use shakedown_oci::{Digest, ErrorCode, Hasher, RepositoryName};
use shakedown_wire::Body;

use super::ask::Ask;
use super::blobs::parse_digest;
use super::refusal::Refusal;
use super::upload_chunk::{IDLE, after_failure, check_length, check_range, open, parse_upload};
use super::upload_start::created;
use super::{Outcome, links};
use crate::defects::{repeated_commit_unknown, wrong_digest_kills_session};
use crate::life::guard::Claim;
use crate::registry::App;
use crate::storage::{Kind, StorageError};
use crate::uploads::{Commit, Committed, Receive, ReceiveError, Session, Target, UploadKeys};

/// PUT.
pub(crate) async fn put(app: &App, ask: &Ask, body: &mut Body, name: &RepositoryName, id: &str) -> Outcome {
    let keys = parse_upload(app, name, id)?;
    let digest =
        ask.query("digest").ok_or_else(|| Refusal::new(ErrorCode::DigestInvalid, "the digest parameter is missing"))?;
    let digest = parse_digest(&digest)?;
    let _working = app.sessions.lock(&keys).await;
    let Some(session) = open(app, ask, &keys).await? else {
        if !is_repeated(app, ask, name, &digest).await? {
            return Err(Refusal::unknown_upload());
        }
        app.guard.admit(app, &ask.cx, name, &[Claim::Blob(&digest)]).await?;
        return Ok(created(app, ask, name, &digest));
    };
    receive_and_commit(app, ask, body, (name, &digest), &keys, session).await
}

/// A session that is gone because its blob is there: the reply was lost and the client asks again (incidents A23, D10).
async fn is_repeated(app: &App, ask: &Ask, name: &RepositoryName, digest: &Digest) -> Result<bool, StorageError> {
    if app.config.defects.has(&repeated_commit_unknown::DEFECT) {
        return Ok(false);
    }
    match links::read(app, &ask.cx, &app.layout.layer_link(name, digest)).await? {
        Some(content) => Ok(links::blob_size(app, &ask.cx, &content).await?.is_some()),
        None => Ok(false),
    }
}

/// Takes the request's body into `session` and makes the blob.
pub(crate) async fn receive_and_commit(
    app: &App,
    ask: &Ask,
    body: &mut Body,
    (name, digest): (&RepositoryName, &Digest),
    keys: &UploadKeys,
    mut session: Session,
) -> Outcome {
    let stored = session.clone();
    let mut standing = session.clone();
    if !session.sealed {
        let range = check_range(app, ask, name, keys, &session)?;
        let target = prepare_target(app, ask, keys, &mut session, digest).await?;
        let expected = ask.content_length();
        let received = Receive::new(&app.sessions, &ask.cx, keys, session, target, expected).take(body, IDLE).await;
        (session, standing) = match received {
            Ok(received) => received,
            Err(error) => return Err(after_failure(app, ask, name, keys, &stored, error).await),
        };
        check_length(session.offset - stored.offset, expected, range)?;
    }
    app.guard.admit(app, &ask.cx, name, &[Claim::Blob(digest)]).await?;
    let commit = Commit { sessions: &app.sessions, cx: &ask.cx, name, keys, digest };
    match commit.run(session, standing).await {
        Ok(Committed::Done) => {
            app.guard.admit(app, &ask.cx, name, &[Claim::Blob(digest)]).await?;
            Ok(created(app, ask, name, digest))
        }
        Ok(Committed::WrongDigest) => {
            if app.config.defects.has(&wrong_digest_kills_session::DEFECT) {
                app.sessions.discard(&ask.cx, keys, &stored, false).await?;
            }
            Err(Refusal::new(
                ErrorCode::DigestInvalid,
                "the received bytes do not have this digest; the upload stays as it was",
            )
            .detail(serde_json::json!({ "digest": digest })))
        }
        Ok(Committed::Lost) => {
            let lost =
                app.storage.read_trouble(&ask.cx, &keys.data, Kind::UploadGone, "the parts of this upload are gone");
            Err(after_failure(app, ask, name, keys, &stored, ReceiveError::Storage(lost)).await)
        }
        Err(error) => Err(after_failure(app, ask, name, keys, &stored, ReceiveError::Storage(error)).await),
    }
}

/// Where parts of this PUT go. A session that holds nothing yet and knows its digest needs no copy at the end.
async fn prepare_target(
    app: &App,
    ask: &Ask,
    keys: &UploadKeys,
    session: &mut Session,
    digest: &Digest,
) -> Result<Target, StorageError> {
    let direct = Target::Blob(digest.clone());
    if session.offset > 0 || session.multipart.as_ref().is_some_and(|multipart| multipart.target == Target::Data) {
        return Ok(Target::Data);
    }
    session.hasher = Hasher::new(digest.algorithm());
    match session.multipart.as_mut() {
        Some(multipart) if multipart.target == direct => multipart.etags.iter_mut().for_each(String::clear),
        Some(_) => {
            if let Some(other) = session.multipart.take() {
                let key = app.sessions.part_key(keys, &other.target);
                app.storage.abort_upload(&ask.cx, &key, &other.upload).await?;
            }
        }
        None => {}
    }
    Ok(direct)
}
