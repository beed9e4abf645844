//! One request of a Swift: the token first, then the resource that the path names.

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, StatusCode};
use percent_encoding::percent_decode_str;
use shakedown_wire::{Annotation, Annotations, Body, Request, Response, WireError};

use super::Shared;
use super::answer::{empty, error, set, with};
use super::store::{MOST_BYTES, Object, etag};

/// The account below `/v1/`.
const ACCOUNT: &str = "AUTH_lab";
/// Most names of one listing.
const PAGE: usize = 10_000;

/// Answers one request.
pub(super) async fn handle(swift: &Shared, mut request: Request) -> Result<Response, WireError> {
    let path = request.uri().path().to_owned();
    if path == "/auth/v1.0" || path == "/auth/v1.0/" {
        return Ok(authenticate(swift, &request));
    }
    let Some(rest) = path.strip_prefix("/v1/").and_then(|rest| rest.strip_prefix(ACCOUNT)) else {
        return Ok(error(StatusCode::NOT_FOUND, "There are /auth/v1.0 and /v1/AUTH_lab."));
    };
    if !token_of(request.headers()).is_some_and(|token| swift.admits(token)) {
        // The body is read, as the proxy server of Swift does: the client sees this answer and not a broken pipe.
        let body = std::mem::take(request.body_mut());
        let sent = body.drain().await.unwrap_or_default();
        note(&request, format!("the token is not good (any more); {sent} bytes of the body were read and dropped"));
        let answer = error(StatusCode::UNAUTHORIZED, "This server could not verify that you are authorized.");
        return Ok(set(answer, "www-authenticate", "Swift realm=\"AUTH_lab\""));
    }
    let decoded = percent_decode_str(rest.trim_start_matches('/')).decode_utf8_lossy().into_owned();
    let (container, object) = decoded.split_once('/').unwrap_or((&decoded, ""));
    let answer = match (request.method().clone(), container, object) {
        (_, "", _) => error(StatusCode::NOT_FOUND, "Name a container."),
        (Method::PUT, container, "") => make(swift, container),
        (Method::GET | Method::HEAD, container, "") => list(swift, container, request.uri().query()),
        (Method::PUT, container, object) => put(swift, container, object, &mut request).await,
        (Method::GET | Method::HEAD, container, object) => get(swift, container, object, &request),
        (Method::DELETE, container, object) => match swift.state().store.remove(container, object) {
            true => empty(StatusCode::NO_CONTENT),
            false => error(StatusCode::NOT_FOUND, "The resource could not be found."),
        },
        _ => error(StatusCode::METHOD_NOT_ALLOWED, "The method is not allowed for this resource."),
    };
    Ok(if *request.method() == Method::HEAD { answer.map(|_| Body::empty()) } else { answer })
}

fn note(request: &Request, text: String) {
    Annotations::note(request, Annotation::Note(text));
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn token_of(headers: &HeaderMap) -> Option<&str> {
    text(headers, "x-auth-token").or_else(|| text(headers, "x-storage-token"))
}

/// Auth v1: user and key in, storage address and token out.
fn authenticate(swift: &Shared, request: &Request) -> Response {
    let headers = request.headers();
    let user = text(headers, "x-auth-user").or_else(|| text(headers, "x-storage-user"));
    let key = text(headers, "x-auth-key").or_else(|| text(headers, "x-storage-pass"));
    if user != Some(&swift.config.user) || key != Some(&swift.config.key) {
        return error(StatusCode::UNAUTHORIZED, "User and key do not belong together.");
    }
    let token = swift.issue();
    let host = text(headers, "host").or_else(|| request.uri().authority().map(http::uri::Authority::as_str));
    let scheme = request.uri().scheme_str().unwrap_or("http");
    let url = format!("{scheme}://{}/v1/{ACCOUNT}", host.unwrap_or_default());
    let answer = set(empty(StatusCode::OK), "x-storage-url", &url);
    let answer = set(answer, "x-auth-token-expires", &swift.config.token_life.as_secs().to_string());
    set(set(answer, "x-auth-token", &token), "x-storage-token", &token)
}

fn make(swift: &Shared, container: &str) -> Response {
    match swift.state().store.make(container) {
        Some(true) => empty(StatusCode::CREATED),
        Some(false) => empty(StatusCode::ACCEPTED),
        None => error(StatusCode::INSUFFICIENT_STORAGE, "No room for another container."),
    }
}

/// Names, one a line. Knows `prefix`, `marker` and `limit`.
fn list(swift: &Shared, container: &str, query: Option<&str>) -> Response {
    let state = swift.state();
    if !state.store.has(container) {
        return error(StatusCode::NOT_FOUND, "The resource could not be found.");
    }
    let parameter = |name: &str| {
        let mut pairs = query.unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
        let value = pairs.find(|(known, _)| *known == name)?.1;
        Some(percent_decode_str(value).decode_utf8_lossy().into_owned())
    };
    let marker = parameter("marker").unwrap_or_default();
    let limit = parameter("limit").and_then(|limit| limit.parse().ok()).unwrap_or(PAGE).min(PAGE);
    let found = state.store.below(container, &parameter("prefix").unwrap_or_default(), swift.clock.elapsed());
    let listed = found.iter().filter(|(name, _, listed)| *listed && *name > marker.as_str());
    let names: String = listed.take(limit).map(|(name, _, _)| format!("{name}\n")).collect();
    if names.is_empty() {
        return empty(StatusCode::NO_CONTENT);
    }
    with(StatusCode::OK, "text/plain; charset=utf-8", names.into())
}

/// Stores what came, if it is as long as was said and has the MD5 that was said.
async fn put(swift: &Shared, container: &str, name: &str, request: &mut Request) -> Response {
    let body = std::mem::take(request.body_mut());
    let headers = request.headers().clone();
    let announced: Option<usize> = text(&headers, "content-length").and_then(|length| length.parse().ok());
    let bytes = match body.collect(MOST_BYTES).await {
        Ok(bytes) => bytes,
        Err(WireError::TooLarge { .. }) => return error(StatusCode::PAYLOAD_TOO_LARGE, "The object is too large."),
        Err(_) => return error(StatusCode::BAD_REQUEST, "The body ended before its announced length."),
    };
    if let Some(announced) = announced.filter(|announced| *announced != bytes.len()) {
        note(request, format!("{announced} bytes were announced and {} came", bytes.len()));
        return error(StatusCode::BAD_REQUEST, "The body is not as long as was announced.");
    }
    let own = etag(&bytes);
    if text(&headers, "etag").is_some_and(|said| said.trim_matches('"') != own) {
        return error(StatusCode::UNPROCESSABLE_ENTITY, "The ETag is not the MD5 of the body.");
    }
    let manifest = text(&headers, "x-object-manifest").map(|value| {
        let value = percent_decode_str(value).decode_utf8_lossy().into_owned();
        value.split_once('/').map(|(container, prefix)| (container.to_owned(), prefix.to_owned()))
    });
    if manifest == Some(None) {
        return error(StatusCode::BAD_REQUEST, "X-Object-Manifest must be container/prefix.");
    }
    let object = Object {
        etag: own.clone(),
        content_type: text(&headers, "content-type").unwrap_or("application/octet-stream").to_owned(),
        manifest: manifest.flatten(),
        listed_from: swift.clock.elapsed().saturating_add(swift.config.listed_after),
        bytes,
    };
    let mut state = swift.state();
    if !state.store.has(container) {
        return error(StatusCode::NOT_FOUND, "The container could not be found.");
    }
    if !state.store.put(container, name, object) {
        return error(StatusCode::INSUFFICIENT_STORAGE, "No room for this object.");
    }
    set(empty(StatusCode::CREATED), "etag", &own)
}

/// An object; of a large one the segments that the listing shows, in the order of their names.
fn get(swift: &Shared, container: &str, name: &str, request: &Request) -> Response {
    let state = swift.state();
    let Some(object) = state.store.get(container, name) else {
        return error(StatusCode::NOT_FOUND, "The resource could not be found.");
    };
    let (bytes, tag) = match &object.manifest {
        None => (object.bytes.clone(), object.etag.clone()),
        Some((container, prefix)) => {
            let segments = state.store.below(container, prefix, swift.clock.elapsed());
            let listed: Vec<_> =
                segments.iter().filter(|(_, _, listed)| *listed).map(|(_, object, _)| object).collect();
            if listed.len() < segments.len() {
                note(request, format!("the listing shows {} of {} segments", listed.len(), segments.len()));
            }
            let tags: String = listed.iter().map(|object| object.etag.as_str()).collect();
            (whole(listed.iter().map(|object| &object.bytes)), format!("\"{}\"", etag(tags.as_bytes())))
        }
    };
    let answer = with(StatusCode::OK, "application/octet-stream", bytes);
    let answer = set(set(answer, "content-type", &object.content_type), "etag", &tag);
    match &object.manifest {
        Some((container, prefix)) => set(answer, "x-object-manifest", &format!("{container}/{prefix}")),
        None => answer,
    }
}

fn whole<'a>(parts: impl Iterator<Item = &'a Bytes>) -> Bytes {
    let mut all = BytesMut::new();
    parts.for_each(|part| all.extend_from_slice(part));
    all.freeze()
}
