//! What a token server answers, in the ways that real ones differ.

use http::{StatusCode, header};
use serde_json::{Map, Value, json};
use shakedown_oci::{ErrorBody, ErrorCode};
use shakedown_wire::{Body, Response};

use super::Shared;
use super::config::{ExpiresIn, TokenField};
use super::issue::Issued;

/// The protocol of the request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    Docker,
    OAuth,
}

/// What the client may keep for later.
pub(super) enum Kept {
    Nothing,
    Refresh(String),
}

/// 200 with a token.
pub(super) fn token(server: &Shared, flow: Flow, issued: Issued, kept: Kept) -> Response {
    let config = &server.config;
    let mut body = Map::new();
    // OAuth2 knows `access_token` only (RFC 6749 section 5.1), unless the server is told to be odd.
    let (docker, oauth) = match (config.field, flow) {
        (TokenField::Both, Flow::Docker) => (true, true),
        (TokenField::Both, Flow::OAuth) | (TokenField::AccessToken, _) => (false, true),
        (TokenField::Token, _) => (true, false),
    };
    if docker {
        body.insert("token".into(), issued.token.clone().into());
    }
    if oauth {
        body.insert("access_token".into(), issued.token.into());
    }
    match config.expires_in {
        ExpiresIn::Honest => body.insert("expires_in".into(), config.lifetime.as_secs().into()),
        ExpiresIn::Says(life) => body.insert("expires_in".into(), life.as_secs().into()),
        ExpiresIn::Missing => None,
    };
    if let Ok(date) = rfc3339(issued.issued_at) {
        body.insert("issued_at".into(), date.into());
    }
    if flow == Flow::OAuth {
        let scopes: Vec<_> = issued.granted.iter().map(ToString::to_string).collect();
        body.insert("scope".into(), scopes.join(" ").into());
        body.insert("token_type".into(), "Bearer".into());
    }
    if let Kept::Refresh(refresh) = kept {
        body.insert("refresh_token".into(), refresh.into());
    }
    respond(StatusCode::OK, &Value::Object(body).to_string(), &[])
}

fn rfc3339(time: std::time::SystemTime) -> Result<String, time::error::Format> {
    let whole = time::OffsetDateTime::from(time).replace_nanosecond(0).unwrap_or(time::OffsetDateTime::UNIX_EPOCH);
    whole.format(&time::format_description::well_known::Rfc3339)
}

/// The public keys.
pub(super) fn jwks(server: &Shared) -> Response {
    respond(StatusCode::OK, &server.key.jwks(), &[])
}

/// 401 of the Docker flow.
pub(super) fn unauthorized(message: &str) -> Response {
    let body = String::from_utf8_lossy(&ErrorBody::one(ErrorCode::Unauthorized, message).render()).into_owned();
    respond(StatusCode::UNAUTHORIZED, &body, &[(header::WWW_AUTHENTICATE, "Basic realm=\"token server\"")])
}

/// 400 of the Docker flow.
pub(super) fn bad_request(message: &str) -> Response {
    let body = String::from_utf8_lossy(&ErrorBody::one(ErrorCode::Unsupported, message).render()).into_owned();
    respond(StatusCode::BAD_REQUEST, &body, &[])
}

/// An error of the OAuth2 flow (RFC 6749 section 5.2).
pub(super) fn oauth_error(code: &str, message: &str) -> Response {
    respond(StatusCode::BAD_REQUEST, &json!({ "error": code, "error_description": message }).to_string(), &[])
}

/// 404.
pub(super) fn nothing_here() -> Response {
    respond(StatusCode::NOT_FOUND, "{\"error\":\"there are /token and /jwks\"}", &[])
}

/// 405.
pub(super) fn method_not_allowed() -> Response {
    respond(StatusCode::METHOD_NOT_ALLOWED, "{\"error\":\"GET or POST\"}", &[(header::ALLOW, "GET, POST")])
}

fn respond(status: StatusCode, body: &str, headers: &[(header::HeaderName, &'static str)]) -> Response {
    let mut response = http::Response::new(Body::full(body.to_owned()));
    *response.status_mut() = status;
    let all = response.headers_mut();
    all.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    all.insert(header::CONTENT_LENGTH, header::HeaderValue::from(body.len()));
    // RFC 6749 section 5.1.
    all.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    for (name, value) in headers {
        all.insert(name, header::HeaderValue::from_static(value));
    }
    response
}
