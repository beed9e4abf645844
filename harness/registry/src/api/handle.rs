//! The way of every request: context, route, right, method, handler, refusal.

use std::sync::Arc;

use http::{HeaderName, HeaderValue, Method, header};
use shakedown_wire::{Body, Request, Response, WireError};

use super::ask::Ask;
use super::refusal::{Refusal, method_not_allowed, too_many_requests};
use super::route::Route;
use super::{
    Outcome, base, blobs, catalog, manifest_delete, manifest_read, manifest_write, referrers, route, tags,
    upload_chunk, upload_finish, upload_start, upload_status,
};
use crate::auth::Grant;
use crate::context::Context;
use crate::defects::{
    create_200_html_panics, errors_cacheable, expired_token_ends_upload, goes_on_without_client, health_follows_storage,
};
use crate::registry::App;

/// The upstream whose content is answered (PX3).
const OCI_NAMESPACE: HeaderName = HeaderName::from_static("oci-namespace");
/// Most bytes of warnings in one answer (WN2).
const MOST_WARNINGS: usize = 4096;

/// Answers one request. Dropping the future is a client that leaves: the storage calls it caused end with it (incident A22).
pub(crate) async fn handle(app: Arc<App>, request: Request) -> Result<Response, WireError> {
    if app.config.defects.has(&goes_on_without_client::DEFECT) {
        return tokio::spawn(answer(app, request)).await.map_err(|error| WireError::Other(error.to_string()))?;
    }
    answer(app, request).await
}

async fn answer(app: Arc<App>, request: Request) -> Result<Response, WireError> {
    let cx = Context::of(&request, app.correlation());
    let (head, mut body) = request.into_parts();
    let mut ask = Ask { cx, head, body_length: body.length(), grant: Grant::nothing() };
    let upstream = upstream(&app, &ask);
    let route = Route::parse(ask.head.uri.path());
    let route = match &upstream {
        Some(upstream) => route.and_then(|route| route.of_upstream(upstream)),
        None => route,
    };
    let outcome = match route {
        _ if let Some(seconds) = app.limit.wait_seconds(app.storage.clock()) => Err(too_many_requests(seconds)),
        Ok(_) if health_follows_storage::is_off(&app.storage, &ask.cx).await => Ok(base::unhealthy()),
        Ok(route) => match app.gate.admit(&ask, &route, &app.config.defects).await {
            Ok(grant) => {
                ask.grant = grant;
                // Boxed: the futures of handlers are large and short-lived.
                let outcome = Box::pin(dispatch(&app, &ask, &mut body, &route)).await;
                let done = outcome.as_ref().ok();
                if let Some(event) = done.and_then(|answer| app.notifier.event(&app, &ask, &route, answer)) {
                    app.notifier.tell(&app.config.defects, &ask.cx, event).await;
                }
                outcome
            }
            Err(refusal) => {
                expired_token_ends_upload::on_refusal(&app, &ask, &route).await;
                Err(refusal)
            }
        },
        Err(refusal) => Err(refusal),
    };
    if let Err(Refusal::Storage(error)) = &outcome
        && create_200_html_panics::panics(&app.config.defects, error)
    {
        return Err(WireError::Closed);
    }
    ask.drain(&mut body, app.config.drain_limit).await;
    let mut response = outcome.unwrap_or_else(|refusal| refusal.into_response(&ask.cx, &app.config.defects));
    response = errors_cacheable::spoil(&app.config.defects, response);
    let headers = response.headers_mut();
    headers.extend(upstream.and_then(|name| Some((OCI_NAMESPACE, HeaderValue::try_from(name).ok()?))));
    for value in warnings(&app.config.warnings) {
        headers.append(header::WARNING, value);
    }
    Ok(without_body_for_head(&ask, response))
}

/// The upstream that a read asks for, if it is mirrored here.
fn upstream(app: &App, ask: &Ask) -> Option<String> {
    let reads = matches!(ask.head.method, Method::GET | Method::HEAD) && app.config.is_head();
    ask.query("ns").filter(|ns| reads && app.config.namespaces.contains(ns))
}

/// `299 - "text"` for each, as many as fit (WN1, WN2).
fn warnings(texts: &[String]) -> impl Iterator<Item = HeaderValue> {
    let mut room = MOST_WARNINGS;
    texts.iter().filter_map(move |text| {
        let value = format!("299 - \"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        room = room.checked_sub(value.len())?;
        HeaderValue::try_from(value).ok()
    })
}

async fn dispatch(app: &Arc<App>, ask: &Ask, body: &mut Body, route: &Route) -> Outcome {
    if app.upstream.is_some() && !matches!(ask.head.method, Method::GET | Method::HEAD) {
        // What is written to a copy would never reach the original.
        return Err(method_not_allowed(ask, "GET, HEAD"));
    }
    match (route, ask.head.method.clone()) {
        (Route::Base, Method::GET | Method::HEAD) => Ok(base::version()),
        (Route::Health, Method::GET | Method::HEAD) => Ok(base::health(app)),
        (Route::Catalog, Method::GET) => catalog::list(app, ask).await,
        (Route::Tags(name), Method::GET) => tags::list(app, ask, name).await,
        (Route::Manifest(name, reference), Method::GET | Method::HEAD) => {
            manifest_read::get(app, ask, name, reference).await
        }
        (Route::Manifest(name, reference), Method::PUT) => manifest_write::put(app, ask, body, name, reference).await,
        (Route::Manifest(name, reference), Method::DELETE) => manifest_delete::delete(app, ask, name, reference).await,
        (Route::Blob(name, digest), Method::GET | Method::HEAD) => blobs::get(app, ask, name, digest).await,
        (Route::Blob(name, digest), Method::DELETE) => blobs::delete(app, ask, name, digest).await,
        (Route::Uploads(name), Method::POST) => upload_start::post(app, ask, body, name).await,
        (Route::Upload(name, id), Method::PATCH) => upload_chunk::patch(app, ask, body, name, id).await,
        (Route::Upload(name, id), Method::PUT) => upload_finish::put(app, ask, body, name, id).await,
        (Route::Upload(name, id), Method::GET) => upload_status::get(app, ask, name, id).await,
        (Route::Upload(name, id), Method::DELETE) if app.config.is_head() => {
            upload_status::cancel(app, ask, name, id).await
        }
        (Route::Referrers(..), _) if !app.config.referrers => Err(route::nowhere()),
        (Route::Referrers(name, digest), Method::GET) => referrers::list(app, ask, name, digest).await,
        (Route::Manifest(..), _) => Err(method_not_allowed(ask, "GET, HEAD, PUT, DELETE")),
        (Route::Blob(..), _) => Err(method_not_allowed(ask, "GET, HEAD, DELETE")),
        (Route::Uploads(_), _) => Err(method_not_allowed(ask, "POST")),
        (Route::Upload(..), _) if app.config.is_head() => Err(method_not_allowed(ask, "GET, PATCH, PUT, DELETE")),
        (Route::Upload(..), _) => Err(method_not_allowed(ask, "GET, PATCH, PUT")),
        (_, _) => Err(method_not_allowed(ask, "GET")),
    }
}

/// HEAD is answered with the head alone (RFC 9110 section 9.3.2).
fn without_body_for_head(ask: &Ask, response: Response) -> Response {
    if ask.head.method == Method::HEAD { response.map(|_| Body::empty()) } else { response }
}
