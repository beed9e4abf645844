//! The way out: what the gateway makes of an answer, and the answers it gives itself.

use std::io::Write;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::stream;
use http::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderName, LOCATION, RETRY_AFTER, SERVER, TRANSFER_ENCODING,
    WWW_AUTHENTICATE,
};
use http::{HeaderValue, Method, StatusCode};
use shakedown_faults::GatewaySettings;
use shakedown_faults::gateway::Gzip;
use shakedown_faults::pages::{PageName, page_of, plain_http_page};
use shakedown_wire::{Body, Response, WireError};

use super::request::{Incoming, is_one_of};
use crate::passing::Notes;

/// Headers of an answer that nginx keeps when it puts a page of its own in the place of the body.
const KEPT_WITH_A_PAGE: &[HeaderName] = &[WWW_AUTHENTICATE, RETRY_AFTER];

/// A page of the gateway's own.
pub(super) fn page(settings: &GatewaySettings, status: StatusCode, method: &Method) -> Response {
    html(settings.server.name(), status, page_of(settings.server, status).into(), method)
}

/// http on a port of https.
pub(super) fn plain_http(settings: &GatewaySettings, method: &Method) -> Response {
    html(settings.server.name(), StatusCode::BAD_REQUEST, plain_http_page(settings.server).into(), method)
}

/// A redirect to `path` on the same host.
pub(super) fn moved(settings: &GatewaySettings, path: &str, query: Option<&str>) -> Response {
    let status = StatusCode::MOVED_PERMANENTLY;
    let mut response = html(settings.server.name(), status, page_of(settings.server, status).into(), &Method::GET);
    let query = query.map_or(String::new(), |query| format!("?{query}"));
    if let Ok(location) = HeaderValue::from_str(&format!("{path}{query}")) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

/// A firewall's refusal.
pub(super) fn firewall(method: &Method) -> Response {
    let PageName(page) = PageName::named("waf-403").expect("it is in the list of pages");
    html("", StatusCode::FORBIDDEN, Bytes::from_static(page.bytes), method)
}

fn html(server: &'static str, status: StatusCode, page: Bytes, method: &Method) -> Response {
    let length = page.len();
    let body = if *method == Method::HEAD { Body::empty() } else { Body::full(page) };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
    headers.insert(CONTENT_LENGTH, length.into());
    if !server.is_empty() {
        headers.insert(SERVER, HeaderValue::from_static(server));
    }
    response
}

/// What is sent of an answer from behind.
pub(super) async fn finish(
    settings: &GatewaySettings,
    incoming: &Incoming,
    mut response: Response,
    notes: &Notes,
) -> Response {
    let method = &incoming.method;
    for name in ["connection", "keep-alive", "upgrade"] {
        response.headers_mut().remove(name);
    }
    // How it was framed behind says nothing of how it is sent here.
    response.headers_mut().remove(TRANSFER_ENCODING);
    let status = response.status();
    if is_one_of(settings, status) {
        notes.add(&format!("put a page of its own in the place of the {status}'s body"));
        let mut own = page(settings, status, method);
        for name in KEPT_WITH_A_PAGE {
            if let Some(value) = response.headers().get(name) {
                own.headers_mut().insert(name, value.clone());
            }
        }
        return own;
    }
    if settings.head_as_get && *method == Method::HEAD {
        return response.map(|_unread| Body::empty());
    }
    if *method == Method::HEAD || response.body().length() == Some(0) {
        return response;
    }
    let response = match settings.buffer_answers {
        None => response,
        Some(size) => match buffered(response, size.0).await {
            Ok(response) => response,
            Err(error) => {
                notes.add(&format!("the answer broke off before its head was sent: {error}"));
                return page(settings, StatusCode::BAD_GATEWAY, method);
            }
        },
    };
    match settings.gzip {
        Gzip::Off => response,
        Gzip::Accepted if !incoming.accepts_gzip => response,
        Gzip::Accepted | Gzip::Always => compressed(response, notes),
    }
}

async fn buffered(response: Response, size: u64) -> Result<Response, WireError> {
    let (head, body) = response.into_parts();
    let (_, body) = body.ahead(usize::try_from(size).unwrap_or(usize::MAX)).await?;
    Ok(Response::from_parts(head, body))
}

/// As nginx does it: the length is gone, a strong `ETag` becomes weak.
fn compressed(response: Response, notes: &Notes) -> Response {
    let (mut head, body) = response.into_parts();
    // A part of something cannot be compressed by itself, and what is compressed is left alone.
    if head.headers.contains_key(CONTENT_ENCODING) || head.status == StatusCode::PARTIAL_CONTENT {
        return Response::from_parts(head, body);
    }
    notes.add("compressed the answer");
    head.headers.remove(CONTENT_LENGTH);
    head.headers.remove(http::header::ACCEPT_RANGES);
    head.headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    if let Some(weak) = head.headers.get(ETAG).and_then(|tag| tag.to_str().ok()).filter(|tag| !tag.starts_with("W/"))
        && let Ok(weak) = HeaderValue::from_str(&format!("W/{weak}"))
    {
        head.headers.insert(ETAG, weak);
    }
    Response::from_parts(head, Body::stream(gzip(body)))
}

/// The frames compressed one by one, so that nothing is held back longer than the compressor needs.
fn gzip(body: Body) -> impl futures_util::Stream<Item = Result<Bytes, WireError>> + Send + 'static {
    let encoder = GzEncoder::new(Vec::new(), Compression::fast());
    stream::unfold(Some((body, encoder)), |state| async {
        let (mut body, mut encoder) = state?;
        loop {
            match body.next().await {
                Some(Ok(frame)) => {
                    encoder.write_all(&frame).expect("a Vec takes every byte");
                    let ready = std::mem::take(encoder.get_mut());
                    if !ready.is_empty() {
                        return Some((Ok(Bytes::from(ready)), Some((body, encoder))));
                    }
                }
                Some(Err(error)) => return Some((Err(error), None)),
                None => {
                    let rest = encoder.finish().expect("a Vec takes every byte");
                    return Some((Ok(Bytes::from(rest)), None));
                }
            }
        }
    })
}
