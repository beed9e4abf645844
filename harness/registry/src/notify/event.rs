//! One event in distribution's envelope: what was done to which content, read off a request and its answer.

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, USER_AGENT};
use serde::Serialize;
use shakedown_oci::media_type;
use shakedown_wire::Response;

use crate::api::{Ask, Route};
use crate::registry::App;

#[derive(Serialize)]
struct Envelope<'a> {
    events: [Event<'a>; 1],
}

#[derive(Serialize)]
struct Event<'a> {
    id: String,
    timestamp: String,
    action: &'static str,
    target: Target<'a>,
    request: Origin<'a>,
    actor: Actor,
    source: Source,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Target<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    media_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    length: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<&'a str>,
    repository: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<&'a str>,
}

/// The request that did it.
#[derive(Serialize)]
struct Origin<'a> {
    id: &'a str,
    host: &'a str,
    method: &'a str,
    useragent: &'a str,
}

/// Nobody is named.
#[derive(Serialize)]
struct Actor {}

#[derive(Serialize)]
struct Source {
    #[serde(rename = "instanceID")]
    instance: &'static str,
}

/// The envelope, as JSON; `None` for what is no news.
pub(super) fn of(app: &App, ask: &Ask, route: &Route, response: &Response) -> Option<Bytes> {
    let (action, name, reference) = done(ask, route, response.status().as_u16())?;
    let name = name.to_string();
    let headers = response.headers();
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let is_digest = |text: &&str| text.contains(':');
    let digest = header("docker-content-digest").or(reference.filter(is_digest));
    let is_manifest = matches!(route, Route::Manifest(..));
    let (media_type, size) = match (action, is_manifest) {
        ("push", true) => (ask.header(CONTENT_TYPE), ask.content_length()),
        ("pull", true) => (header("content-type"), number(header("content-length"))),
        ("delete", _) => (None, None),
        _ => (Some(media_type::OCTET_STREAM), headers.get(CONTENT_LENGTH).and(number(header("content-length")))),
    };
    let host = ask.header(HOST).unwrap_or_default();
    let kind = if is_manifest { "manifests" } else { "blobs" };
    let target = Target {
        media_type,
        // Content-Length of an answer to a push is that of the answer.
        size: size.filter(|size| *size > 0),
        length: size.filter(|size| *size > 0),
        digest,
        repository: &name,
        url: digest.filter(|_| action != "delete").map(|digest| format!("http://{host}/v2/{name}/{kind}/{digest}")),
        tag: reference.filter(|_| is_manifest).filter(|text| !is_digest(text)),
    };
    let event = Event {
        id: app.upload_id(),
        timestamp: timestamp(app),
        action,
        target,
        request: Origin {
            id: &ask.cx.correlation,
            host,
            method: ask.head.method.as_str(),
            useragent: ask.header(USER_AGENT).unwrap_or_default(),
        },
        actor: Actor {},
        source: Source { instance: "shakedown" },
    };
    serde_json::to_vec(&Envelope { events: [event] }).ok().map(Bytes::from)
}

/// What the request did: the action, where, and to which tag or digest if its path says so.
fn done<'a>(
    ask: &Ask,
    route: &'a Route,
    status: u16,
) -> Option<(&'static str, &'a shakedown_oci::RepositoryName, Option<&'a str>)> {
    Some(match (route, ask.head.method.as_str(), status) {
        (Route::Manifest(name, reference), "PUT", 201) => ("push", name, Some(reference)),
        (Route::Manifest(name, reference), "GET", 200) => ("pull", name, Some(reference)),
        (Route::Manifest(name, reference), "DELETE", 202) => ("delete", name, Some(reference)),
        (Route::Blob(name, digest), "GET", 200 | 206 | 307) => ("pull", name, Some(digest)),
        (Route::Blob(name, digest), "DELETE", 202) => ("delete", name, Some(digest)),
        (Route::Upload(name, _), "PUT", 201) => ("push", name, None),
        (Route::Uploads(name), "POST", 201) if ask.query("mount").is_some() => ("mount", name, None),
        (Route::Uploads(name), "POST", 201) => ("push", name, None),
        _ => return None,
    })
    .map(|(action, name, reference)| (action, name, reference.map(String::as_str)))
}

fn number(text: Option<&str>) -> Option<u64> {
    text?.parse().ok()
}

fn timestamp(app: &App) -> String {
    let now = time::OffsetDateTime::from(app.storage.clock().now());
    now.format(&time::format_description::well_known::Rfc3339).unwrap_or_default()
}
