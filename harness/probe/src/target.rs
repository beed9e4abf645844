//! The store, and the ways to it.

use http::Uri;
use shakedown_s3call::{Credentials, encode_key, encode_value};
use shakedown_wire::Party;

/// Which store, and as whom.
#[derive(Debug, Clone)]
pub struct Target {
    /// Where it listens.
    pub endpoint: Uri,
    /// The bucket.
    pub bucket: String,
    /// The region that requests are signed for.
    pub region: String,
    /// The keys.
    pub credentials: Credentials,
    /// The keys that the registry will have, if those above may do more.
    pub registry: Option<Credentials>,
    /// The address under which clients of the registry see the store, if it is another one.
    pub public: Option<Uri>,
    /// The address of the store itself, if `endpoint` is that of a gateway before it.
    pub behind: Option<Uri>,
}

/// How a bucket is addressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// `/bucket/key`.
    Path,
    /// `bucket.host/key`.
    VirtualHost,
}

impl Target {
    /// The absolute address of a key, or of the bucket, below `base`.
    pub(crate) fn uri(&self, base: &Uri, style: Style, key: &str, query: &[(&str, String)]) -> Result<Uri, String> {
        let scheme = base.scheme_str().unwrap_or("http");
        let authority = base.authority().ok_or("the endpoint has no host")?;
        let path = base.path().trim_end_matches('/');
        let mut target = match style {
            Style::Path => format!("{scheme}://{authority}{path}/{}", encode_value(&self.bucket)),
            Style::VirtualHost => format!("{scheme}://{}.{authority}{path}", self.bucket),
        };
        if !key.is_empty() || style == Style::VirtualHost {
            target.push('/');
            target.push_str(&encode_key(key));
        }
        let mut query: Vec<_> = query.iter().collect();
        query.sort();
        for (at, (name, value)) in query.into_iter().enumerate() {
            target.push(if at == 0 { '?' } else { '&' });
            target.push_str(&format!("{name}={}", encode_value(value)));
        }
        target.parse().map_err(|error: http::uri::InvalidUri| error.to_string())
    }

    /// Whether a bucket could be a part of the host's name.
    pub(crate) fn has_host_name(&self) -> bool {
        self.endpoint.host().is_some_and(|host| {
            host != "localhost" && host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_err()
        })
    }
}

/// The ways to the store.
#[derive(Debug, Clone)]
pub struct Transport {
    /// Keeps connections.
    pub pooled: Party,
    /// A new connection for each request, so that a load balancer may choose another node.
    pub fresh: Party,
    /// Whether these are sockets: in memory there is no `100 Continue` and no connection.
    pub sockets: bool,
}
