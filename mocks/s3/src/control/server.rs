//! The serving side: which request goes to which route, and how answers and errors are written.

use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use shakedown_wire::{Body, Party, Request, Response, WireError};

use super::model::Problem;
use super::routes;
use crate::S3Mock;
use crate::admin::AdminError;
use crate::error::S3Error;
use crate::request::{Query, decode};

/// Largest JSON body.
const MAX_BODY: usize = 4 << 20;

/// The control interface of a mock, to be served on an address of its own.
pub fn control_party(mock: &S3Mock) -> Party {
    let mock = mock.clone();
    Party::from_fn(move |request: Request| {
        let mock = mock.clone();
        async move { Ok::<_, WireError>(answer(mock, request).await) }
    })
}

/// A request that cannot be done.
pub(super) struct Refusal {
    status: StatusCode,
    message: String,
}

impl Refusal {
    pub(super) fn bad(message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, message: message.into() }
    }

    fn missing(message: impl Into<String>) -> Self {
        Self { status: StatusCode::NOT_FOUND, message: message.into() }
    }
}

impl From<AdminError> for Refusal {
    fn from(error: AdminError) -> Self {
        match error {
            AdminError::NoSuchBucket(_) | AdminError::NoSuchKey { .. } => Self::missing(error.to_string()),
            other => Self::bad(other.to_string()),
        }
    }
}

impl From<S3Error> for Refusal {
    fn from(error: S3Error) -> Self {
        Self::bad(error.to_string())
    }
}

/// One request, taken apart.
pub(super) struct Asked {
    pub(super) mock: S3Mock,
    pub(super) query: Query,
    body: Body,
}

impl Asked {
    /// A query parameter that must be there.
    pub(super) fn need(&self, name: &str) -> Result<String, Refusal> {
        let given = self.query.get(name).filter(|value| !value.is_empty());
        given.map(str::to_owned).ok_or_else(|| Refusal::bad(format!("add `?{name}=...` to the request")))
    }

    /// A number in the query.
    pub(super) fn number(&self, name: &str, default: u64) -> Result<u64, Refusal> {
        let Some(text) = self.query.get(name) else { return Ok(default) };
        text.parse().map_err(|_| Refusal::bad(format!("`{name}={text}` is not a whole number")))
    }

    /// The body as it streams.
    pub(super) fn body(&mut self) -> Body {
        std::mem::take(&mut self.body)
    }

    /// The body as JSON.
    pub(super) async fn json<T: DeserializeOwned>(&mut self) -> Result<T, Refusal> {
        let bytes = self.body().collect(MAX_BODY).await.map_err(|error| Refusal::bad(error.to_string()))?;
        serde_json::from_slice(&bytes).map_err(|error| Refusal::bad(format!("the body cannot be read: {error}")))
    }
}

async fn answer(mock: S3Mock, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let outcome = match Query::parse(parts.uri.query().unwrap_or_default()) {
        Ok(query) => route(&parts.method, parts.uri.path(), Asked { mock, query, body }).await,
        Err(error) => Err(error.into()),
    };
    outcome.unwrap_or_else(|refusal| {
        let mut response = json(&Problem { error: refusal.message });
        *response.status_mut() = refusal.status;
        response
    })
}

async fn route(method: &Method, path: &str, asked: Asked) -> Result<Response, Refusal> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let (resource, rest) = path.split_once('/').unwrap_or((path, ""));
    let (first, second) = rest.split_once('/').unwrap_or((rest, ""));
    let (first, second) = (decode(first)?, decode(second)?);
    match (method.as_str(), resource, first.as_str(), second.as_str()) {
        ("GET", "", _, _) => Ok(routes::about()),
        ("GET", "faults", "", "") => Ok(routes::faults(&asked)),
        ("PUT", "faults", "", "") => routes::set_faults(asked).await,
        ("POST", "faults", "", "") => routes::add_fault(asked).await,
        ("DELETE", "faults", "", "") => Ok(routes::clear_faults(&asked)),
        ("POST", "events", name, "") if !name.is_empty() => Ok(routes::event(&asked, name)),
        ("GET", "journal", "", "") => routes::journal(&asked),
        ("DELETE", "journal", "", "") => Ok(routes::clear_journal(&asked)),
        ("GET", "objects", "", "") => routes::objects(&asked),
        ("GET", "objects", bucket, key) if !key.is_empty() => routes::read(&asked, bucket, key),
        ("PUT", "objects", bucket, key) if !key.is_empty() => routes::put(asked, bucket, key).await,
        ("DELETE", "objects", bucket, key) if !key.is_empty() => routes::delete(&asked, bucket, key),
        ("POST", "objects", bucket, key) if !key.is_empty() => routes::damage(asked, bucket, key).await,
        ("GET", "uploads", "", "") => routes::uploads(&asked),
        ("POST", "uploads", bucket, key) if !key.is_empty() => routes::seed_upload(asked, bucket, key).await,
        ("PUT", "buckets", bucket, "") if !bucket.is_empty() => routes::create_bucket(&asked, bucket),
        ("DELETE", "buckets", bucket, "") if !bucket.is_empty() => routes::remove_bucket(&asked, bucket),
        ("POST", "reset", "", "") => routes::reset(asked).await,
        ("PUT", "credentials", "", "") => routes::credentials(asked).await,
        ("GET", "config", "", "") => routes::config(&asked),
        ("PATCH", "config", "", "") => routes::change_config(asked).await,
        ("GET", "time", "", "") => Ok(routes::time(&asked)),
        _ => Err(unknown(method, path)),
    }
}

fn unknown(method: &Method, path: &str) -> Refusal {
    const RESOURCES: [&str; 10] =
        ["faults", "events", "journal", "objects", "uploads", "buckets", "reset", "credentials", "config", "time"];
    let known = RESOURCES.iter().any(|name| path.split('/').next() == Some(*name));
    let status = if known { StatusCode::METHOD_NOT_ALLOWED } else { StatusCode::NOT_FOUND };
    Refusal { status, message: format!("there is no `{method} /{path}` here: `GET /` lists what there is") }
}

/// 200 with JSON.
pub(super) fn json(value: &impl Serialize) -> Response {
    let text = serde_json::to_vec(value).unwrap_or_else(|error| format!("{{\"error\":\"{error}\"}}").into_bytes());
    let mut response = http::Response::new(Body::empty());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(CONTENT_LENGTH, text.len().into());
    *response.body_mut() = Body::full(text);
    response
}

/// 204.
pub(super) fn done() -> Response {
    let mut response = http::Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// 200 with bytes.
pub(super) fn bytes(body: Body) -> Response {
    let mut response = http::Response::new(Body::empty());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    if let Some(length) = body.length() {
        response.headers_mut().insert(CONTENT_LENGTH, length.into());
    }
    *response.body_mut() = body;
    response
}
