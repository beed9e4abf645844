//! The way of every request: context, route, method, handler, refusal.

use std::sync::Arc;

use http::Method;
use shakedown_wire::{Body, Request, Response, WireError};

use super::ask::Ask;
use super::refusal::{Refusal, method_not_allowed};
use super::route::Route;
use super::{
    Outcome, base, blobs, catalog, manifest_delete, manifest_read, manifest_write, referrers, tags, upload_chunk,
    upload_finish, upload_start, upload_status,
};
use crate::context::Context;
use crate::defects::{create_200_html_panics, goes_on_without_client, health_follows_storage};
use crate::registry::App;

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
    let ask = Ask { cx, head, body_length: body.length() };
    let outcome = match Route::parse(ask.head.uri.path()) {
        Ok(_) if health_follows_storage::is_off(&app.storage, &ask.cx).await => Ok(base::unhealthy()),
        // Boxed: the futures of handlers are large and short-lived.
        Ok(route) => Box::pin(dispatch(&app, &ask, &mut body, &route)).await,
        Err(refusal) => Err(refusal),
    };
    if let Err(Refusal::Storage(error)) = &outcome
        && create_200_html_panics::panics(&app.config.defects, error)
    {
        return Err(WireError::Closed);
    }
    ask.drain(&mut body, app.config.drain_limit).await;
    let response = outcome.unwrap_or_else(|refusal| refusal.into_response(&ask.cx, &app.config.defects));
    Ok(without_body_for_head(&ask, response))
}

async fn dispatch(app: &App, ask: &Ask, body: &mut Body, route: &Route) -> Outcome {
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
        (Route::Upload(name, id), Method::DELETE) => upload_status::cancel(app, ask, name, id).await,
        (Route::Referrers(name, digest), Method::GET) => referrers::list(app, ask, name, digest).await,
        (Route::Manifest(..), _) => Err(method_not_allowed(ask, "GET, HEAD, PUT, DELETE")),
        (Route::Blob(..), _) => Err(method_not_allowed(ask, "GET, HEAD, DELETE")),
        (Route::Uploads(_), _) => Err(method_not_allowed(ask, "POST")),
        (Route::Upload(..), _) => Err(method_not_allowed(ask, "GET, PATCH, PUT, DELETE")),
        (_, _) => Err(method_not_allowed(ask, "GET")),
    }
}

/// HEAD is answered with the head alone (RFC 9110 section 9.3.2).
fn without_body_for_head(ask: &Ask, response: Response) -> Response {
    if ask.head.method == Method::HEAD { response.map(|_| Body::empty()) } else { response }
}
