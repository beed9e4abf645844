//! GET and DELETE of an upload (CH16, CH17, CA1).

use http::{StatusCode, header};
use shakedown_oci::RepositoryName;
use shakedown_wire::Body;

use super::Outcome;
use super::ask::{Ask, answer, finish};
use super::refusal::Refusal;
use super::upload_chunk::{open, parse_upload};
use crate::registry::App;

/// GET: how far the upload is.
pub(crate) async fn get(app: &App, ask: &Ask, name: &RepositoryName, id: &str) -> Outcome {
    let keys = parse_upload(app, name, id)?;
    match open(app, ask, &keys).await? {
        Some(session) => {
            let mut builder = ask.about_upload(app, StatusCode::NO_CONTENT, name, &keys, &session);
            // A 204 has no length (RFC 9110 section 8.6).
            if let Some(headers) = builder.headers_mut() {
                headers.remove(header::CONTENT_LENGTH);
            }
            Ok(finish(builder, Body::empty()))
        }
        None => Err(Refusal::unknown_upload()),
    }
}

/// DELETE: gives the upload up, parts included.
pub(crate) async fn cancel(app: &App, ask: &Ask, name: &RepositoryName, id: &str) -> Outcome {
    let keys = parse_upload(app, name, id)?;
    let _working = app.sessions.lock(&keys).await;
    let Some(session) = open(app, ask, &keys).await? else {
        return Err(Refusal::unknown_upload());
    };
    app.sessions.discard(&ask.cx, &keys, &session, false).await?;
    Ok(finish(answer(StatusCode::NO_CONTENT), Body::empty()))
}
