//! A registry that does next to nothing: it answers from memory, knows every blob, and forgets what is pushed.

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION, RANGE};
use http::{HeaderValue, Method, StatusCode};
use shakedown_wire::{Body, Party, Request, Response, WireError};

/// Every blob has this size, and the block's bytes, whatever its digest says.
pub(super) fn registry(block: Bytes, size: u64) -> Party {
    Party::from_fn(move |request| answer(request, block.clone(), size))
}

async fn answer(request: Request, block: Bytes, size: u64) -> Result<Response, WireError> {
    let (head, body) = request.into_parts();
    let received = body.drain().await?;
    let path = head.uri.path();
    let mut response = Response::new(Body::empty());
    let status = match head.method {
        Method::POST => {
            set(&mut response, LOCATION, &format!("{path}1"));
            StatusCode::ACCEPTED
        }
        Method::PATCH => {
            set(&mut response, LOCATION, path);
            set(&mut response, RANGE, &format!("0-{}", received.saturating_sub(1)));
            StatusCode::ACCEPTED
        }
        Method::PUT => {
            set(&mut response, LOCATION, path);
            StatusCode::CREATED
        }
        Method::GET | Method::HEAD => {
            let digest = path.rsplit('/').next().unwrap_or_default();
            set(&mut response, http::HeaderName::from_static("docker-content-digest"), digest);
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
            response.headers_mut().insert(CONTENT_LENGTH, size.into());
            if head.method == Method::GET {
                *response.body_mut() = super::body(&block, size);
            }
            StatusCode::OK
        }
        _ => StatusCode::METHOD_NOT_ALLOWED,
    };
    *response.status_mut() = status;
    Ok(response)
}

fn set(response: &mut Response, name: http::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}
