//! The answers that a forward proxy gives itself: pages, as it is made for people with browsers.

use http::header::{CONTENT_LENGTH, CONTENT_TYPE, PROXY_AUTHENTICATE, SERVER};
use http::{HeaderValue, Method, StatusCode};
use shakedown_faults::pages::PageName;
use shakedown_wire::{Body, Response};

/// An error of its own.
pub(super) fn error(status: StatusCode, method: &Method) -> Response {
    let reason = status.canonical_reason().unwrap_or_default();
    let page = format!(
        "<html><head><title>ERROR: The requested URL could not be retrieved</title></head>\n\
         <body><h1>ERROR</h1><h2>The requested URL could not be retrieved</h2><p>{reason}</p></body></html>\n"
    );
    html(status, page.into(), method)
}

/// 407 with the challenge that RFC 9110 section 15.5.8 asks for.
pub(super) fn login(method: &Method) -> Response {
    let mut response = error(StatusCode::PROXY_AUTHENTICATION_REQUIRED, method);
    response.headers_mut().insert(PROXY_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"proxy\""));
    response
}

/// A captured page with its status.
pub(super) fn page(PageName(page): PageName, method: &Method) -> Response {
    let status = StatusCode::from_u16(page.status).unwrap_or(StatusCode::OK);
    let mut response = html(status, Body::full(page.bytes), method);
    if let Some(server) = page.server {
        response.headers_mut().insert(SERVER, HeaderValue::from_static(server));
    }
    response
}

/// 400 with a sentence for who set the client up.
pub(super) fn wrong(reason: &str) -> Response {
    let mut response = Response::new(Body::from(format!("{reason}\n")));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
}

fn html(status: StatusCode, page: Body, method: &Method) -> Response {
    let length = page.length().unwrap_or_default();
    let body = if *method == Method::HEAD { Body::empty() } else { page };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html;charset=utf-8"));
    response.headers_mut().insert(CONTENT_LENGTH, length.into());
    response
}
