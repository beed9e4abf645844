//! One client request as handlers see it, and the small pieces that answers are made of.

use std::time::Duration;

use http::request::Parts;
use http::{HeaderValue, StatusCode, header, response};
use percent_encoding::percent_decode_str;
use shakedown_oci::{RepositoryName, UploadRange};
use shakedown_wire::{Body, Response};
use tokio::time::timeout;

use crate::auth::Grant;
use crate::config::LocationStyle;
use crate::context::Context;
use crate::defects::{location_from_host, range_not_cumulative, range_with_unit};
use crate::registry::App;
use crate::uploads::{Hint, Session, UploadKeys};

/// How long a refused body may take to arrive.
const DRAIN_TIME: Duration = Duration::from_secs(10);

/// One client request.
pub(crate) struct Ask {
    pub(crate) cx: Context,
    pub(crate) head: Parts,
    /// The announced length of the body, where the transport knows it.
    pub(crate) body_length: Option<u64>,
    /// What the request may do, as the gate says.
    pub(crate) grant: Grant,
}

impl Ask {
    /// The first query parameter with this name, decoded.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        self.queries(name).next()
    }

    /// All query parameters with this name, decoded.
    pub(crate) fn queries<'a>(&'a self, name: &'a str) -> impl Iterator<Item = String> + 'a {
        let query = self.head.uri.query().unwrap_or_default();
        query.split('&').filter_map(move |pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(key) == name).then(|| decode(value))
        })
    }

    /// A request header as text.
    pub(crate) fn header(&self, name: header::HeaderName) -> Option<&str> {
        self.head.headers.get(name)?.to_str().ok()
    }

    /// The announced length of the body.
    pub(crate) fn content_length(&self) -> Option<u64> {
        let announced = self.header(header::CONTENT_LENGTH).and_then(|length| length.trim().parse().ok());
        announced.or(self.body_length)
    }

    /// What the upload's Location said.
    pub(crate) fn hint(&self) -> Option<Hint> {
        Hint::decode(&self.query("_state")?)
    }

    /// Reads what is left of the body, so that the sender sees the answer and not a reset (incidents D01, E09). A sender that waits for
    /// `100 Continue` has sent nothing yet.
    pub(crate) async fn drain(&self, body: &mut Body, limit: u64) {
        if self.body_length == Some(0) || self.head.headers.contains_key(header::EXPECT) {
            return;
        }
        let rest = async {
            let mut seen = 0;
            while let Some(Ok(frame)) = body.next().await {
                seen += frame.len() as u64;
                if seen > limit {
                    break;
                }
            }
        };
        // Out of time: the answer is sent anyway.
        let _ = timeout(DRAIN_TIME, rest).await;
    }

    /// `path` as it stands in Location and Link (incidents E01, E02).
    pub(crate) fn location(&self, app: &App, path: &str) -> String {
        if app.config.defects.has(&location_from_host::DEFECT) {
            let host = self.head.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
            return format!("http://{host}{path}");
        }
        if app.config.location == LocationStyle::Relative {
            return path.to_owned();
        }
        let first = |name: &'static str| {
            let value = self.head.headers.get(name)?.to_str().ok()?;
            value.split(',').next().map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned)
        };
        let authority = self.head.uri.authority().map(|authority| authority.as_str().to_owned());
        let Some(host) = first("x-forwarded-host").or_else(|| first("host")).or(authority) else {
            return path.to_owned();
        };
        let scheme = first("x-forwarded-proto")
            .or_else(|| self.head.uri.scheme_str().map(str::to_owned))
            .filter(|scheme| scheme == "https")
            .unwrap_or_else(|| "http".to_owned());
        format!("{scheme}://{host}{path}")
    }

    /// An answer about an upload: Location, Range, id.
    pub(crate) fn about_upload(
        &self,
        app: &App,
        status: StatusCode,
        name: &RepositoryName,
        keys: &UploadKeys,
        session: &Session,
    ) -> response::Builder {
        let hint = Hint::new(session.generation, session.offset, app.storage.clock().now());
        let path = format!("/v2/{name}/blobs/uploads/{}?_state={}", keys.id, hint.encode());
        answer(status)
            .header(header::LOCATION, self.location(app, &path))
            .header(header::RANGE, upload_range(app, session.offset, None))
            .header("docker-upload-uuid", &keys.id)
            .header(header::CONTENT_LENGTH, 0)
    }
}

/// `Range` of an answer about an upload (CH8, CH16; D07). `chunk`: length of the last chunk, for a defect.
pub(crate) fn upload_range(app: &App, offset: u64, chunk: Option<u64>) -> String {
    let defects = &app.config.defects;
    let size = chunk.filter(|_| defects.has(&range_not_cumulative::DEFECT)).unwrap_or(offset);
    let unit = if defects.has(&range_with_unit::DEFECT) { "bytes=" } else { "" };
    format!("{unit}{}", UploadRange::of_size(size))
}

/// The beginning of every answer.
pub(crate) fn answer(status: StatusCode) -> response::Builder {
    http::Response::builder().status(status).header("docker-distribution-api-version", "registry/2.0")
}

/// The end of every answer. Header values come from validated names, digests and numbers; should one still be unfit for a header, the
/// answer is a bare 500 instead of a panic.
pub(crate) fn finish(builder: response::Builder, body: Body) -> Response {
    builder.body(body).unwrap_or_else(|_| {
        let mut response = http::Response::new(Body::empty());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(0));
        response
    })
}

/// A JSON answer.
pub(crate) fn json(builder: response::Builder, media_type: &str, value: &impl serde::Serialize) -> Response {
    // What we answer has text keys only, so it always serialises.
    let bytes = serde_json::to_vec(value).unwrap_or_default();
    let builder = builder.header(header::CONTENT_TYPE, media_type).header(header::CONTENT_LENGTH, bytes.len());
    finish(builder, Body::full(bytes))
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}
