//! The way in: what the party behind the gateway gets to see of a request.

use http::header::{CONTENT_LENGTH, HOST, HeaderMap, HeaderName};
use http::uri::Authority;
use http::{HeaderValue, Method, StatusCode, Uri};
use shakedown_faults::GatewaySettings;
use shakedown_faults::gateway::{Forwarded, HostHeader, TrailingSlash};
use shakedown_wire::{Request, Response, WireError, end_hop};

use super::answer;
use crate::passing::{Flag, Notes, limited};

/// Bytes of a body that a firewall looks at: ModSecurity's default.
const FIREWALL_LOOKS_AT: usize = 128 << 10;

/// A request as it came.
#[derive(Debug, Clone)]
pub(super) struct Incoming {
    pub(super) method: Method,
    /// Host, path and query: what answers are cached under.
    pub(super) key: String,
    /// Announced length of the body, in bytes.
    pub(super) length: Option<u64>,
    /// The client takes compressed answers.
    pub(super) accepts_gzip: bool,
}

impl Incoming {
    pub(super) fn of(request: &Request) -> Self {
        let text =
            |name: HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let host = text(HOST);
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        Self {
            method: request.method().clone(),
            key: format!("{host}{path}"),
            length: text(CONTENT_LENGTH).parse().ok().or(request.body().length()),
            accepts_gzip: text(http::header::ACCEPT_ENCODING).contains("gzip"),
        }
    }
}

/// What becomes of a request.
pub(super) enum Prepared {
    /// It is refused.
    Answer(Response),
    /// It is sent on.
    Send(Sending),
}

/// A request on its way.
pub(super) struct Sending {
    pub(super) request: Request,
    /// Set when the body turned out to be over the limit.
    pub(super) over_limit: Flag,
}

/// Head and body for `upstream`.
///
/// # Errors
/// The client broke off while its body was buffered.
pub(super) async fn prepare(
    settings: &GatewaySettings,
    upstream: &Authority,
    request: Request,
    incoming: &Incoming,
    notes: &Notes,
) -> Result<Prepared, WireError> {
    let (mut head, body) = request.into_parts();
    let scheme = head.uri.scheme_str().unwrap_or(if settings.tls { "https" } else { "http" }).to_owned();
    forward_headers(settings, &scheme, &mut head.headers, notes);
    host(settings, upstream, &mut head.headers, notes);
    head.uri = uri(settings, upstream, &head.uri, notes);
    if settings.head_as_get && head.method == Method::HEAD {
        notes.add("sent HEAD on as GET");
        head.method = Method::GET;
    }
    let length = body.length();
    let body = match &settings.firewall {
        None => body,
        Some(pattern) => {
            let (begin, body) = body.ahead(FIREWALL_LOOKS_AT).await?;
            if holds(&begin, pattern.as_bytes()) {
                body.drain().await?;
                notes.add("answered itself: the firewall dislikes the body");
                return Ok(Prepared::Answer(answer::firewall(&incoming.method)));
            }
            body
        }
    };
    let body = match settings.buffer_requests {
        None => body,
        Some(size) => body.ahead(usize::try_from(size.0).unwrap_or(usize::MAX)).await?.1,
    };
    let over_limit = Flag::default();
    let body = match settings.body_limit {
        None => body,
        Some(limit) => limited(body, limit.0, over_limit.clone()),
    };
    Ok(Prepared::Send(Sending { request: Request::from_parts(head, body.with_length(length)), over_limit }))
}

fn forward_headers(settings: &GatewaySettings, scheme: &str, headers: &mut HeaderMap, notes: &Notes) {
    end_hop(headers);
    match &settings.forwarded {
        Forwarded::Right => {
            if let Some(host) = headers.get(HOST).cloned() {
                headers.insert("x-forwarded-host", host);
            }
            if let Ok(scheme) = HeaderValue::from_str(scheme) {
                headers.insert("x-forwarded-proto", scheme);
            }
        }
        Forwarded::Missing => {
            for name in ["x-forwarded-host", "x-forwarded-proto", "x-forwarded-port", "forwarded"] {
                headers.remove(name);
            }
            notes.add("sent no X-Forwarded-* on");
        }
        Forwarded::Set(lines) => {
            for (name, value) in lines {
                if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
                    headers.insert(name, value);
                }
            }
            notes.add("sent X-Forwarded-* of its own on");
        }
    }
}

fn host(settings: &GatewaySettings, upstream: &Authority, headers: &mut HeaderMap, notes: &Notes) {
    let old = headers.get(HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let new = match &settings.host {
        HostHeader::Kept => return,
        HostHeader::Upstream => upstream.as_str().to_owned(),
        HostHeader::WithoutPort => {
            old.parse::<Authority>().map_or_else(|_| old.to_owned(), |old| old.host().to_owned())
        }
        HostHeader::Name(name) => name.clone(),
    };
    if new != old {
        notes.add(&format!("sent Host on as {new}"));
    }
    if let Ok(value) = HeaderValue::from_str(&new) {
        headers.insert(HOST, value);
    }
}

/// The same path at `upstream`, or what the settings leave of it.
fn uri(settings: &GatewaySettings, upstream: &Authority, uri: &Uri, notes: &Notes) -> Uri {
    let mut path = uri.path();
    if settings.trailing_slash == TrailingSlash::Removed && path.len() > 1 && path.ends_with('/') && path != "/v2/" {
        notes.add("removed the slash at the end of the path");
        path = path.trim_end_matches('/');
    }
    let query = match uri.query() {
        Some(_) if settings.drop_query => {
            notes.add("dropped the query");
            String::new()
        }
        Some(query) => format!("?{query}"),
        None => String::new(),
    };
    format!("http://{upstream}{path}{query}").parse().expect("parts of a URI and an authority are a URI")
}

fn holds(text: &[u8], pattern: &[u8]) -> bool {
    text.windows(pattern.len()).any(|window| window == pattern)
}

/// An answer for this status code of the gateway's own, by `StatusCode`.
pub(super) fn is_one_of(settings: &GatewaySettings, status: StatusCode) -> bool {
    settings.error_pages.iter().any(|wanted| wanted.0 == status)
}
