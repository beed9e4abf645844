//! One request before it is sent: what exactly is asked, how it is signed, on which connection. Not here: sending (`context`).

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};

use crate::target::Style;

/// How a request is signed.
#[derive(Debug, Clone, Default)]
pub(crate) enum Sign {
    /// In its headers, as the drivers do.
    #[default]
    Header,
    /// In its headers, by a secret that is not ours.
    WrongSecret,
    /// In its headers, by a clock that is so many minutes off.
    Skewed(i64),
    /// In its headers, for another region.
    Region(&'static str),
    /// In its headers, over the hash of another body.
    WrongHash,
    /// In its headers, by the keys that the registry itself will have.
    Registry,
    /// In its query, for this method, whatever method is used.
    Presigned(Method),
    /// In its query, for GET, two hours before it ran out.
    Expired,
    /// In its query, for GET of another key.
    PresignedFor(String),
    /// In its headers over this in place of the body's hash; signatures of chunks follow in the body.
    Streaming(&'static str),
}

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) method: Method,
    pub(crate) key: String,
    pub(crate) query: Vec<(&'static str, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) sign: Sign,
    pub(crate) fresh: bool,
    pub(crate) style: Option<Style>,
    /// Of another bucket.
    pub(crate) bucket: Option<String>,
    /// At another address than the endpoint.
    pub(crate) at: Option<Uri>,
    /// Signed for this `host:port`, as if the way there replaced Host by it.
    pub(crate) signed_for: Option<String>,
}

impl Ask {
    pub(crate) fn new(method: Method, key: &str) -> Self {
        Self {
            method,
            key: key.to_owned(),
            query: Vec::new(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            sign: Sign::Header,
            fresh: false,
            style: None,
            bucket: None,
            at: None,
            signed_for: None,
        }
    }

    pub(crate) fn get(key: &str) -> Self {
        Self::new(Method::GET, key)
    }

    pub(crate) fn head(key: &str) -> Self {
        Self::new(Method::HEAD, key)
    }

    pub(crate) fn put(key: &str, body: impl Into<Bytes>) -> Self {
        Self::new(Method::PUT, key).body(body)
    }

    pub(crate) fn post(key: &str, body: impl Into<Bytes>) -> Self {
        Self::new(Method::POST, key).body(body)
    }

    pub(crate) fn delete(key: &str) -> Self {
        Self::new(Method::DELETE, key)
    }

    pub(crate) fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn query(mut self, name: &'static str, value: impl ToString) -> Self {
        self.query.push((name, value.to_string()));
        self
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        let value = HeaderValue::from_str(value).expect("values of probes are visible ASCII");
        self.headers.insert(HeaderName::from_static(name), value);
        self
    }

    pub(crate) fn sign(mut self, sign: Sign) -> Self {
        self.sign = sign;
        self
    }

    /// On a new connection.
    pub(crate) fn fresh(mut self) -> Self {
        self.fresh = true;
        self
    }

    pub(crate) fn style(mut self, style: Style) -> Self {
        self.style = Some(style);
        self
    }

    pub(crate) fn bucket(mut self, name: String) -> Self {
        self.bucket = Some(name);
        self
    }

    pub(crate) fn at(mut self, base: &Uri) -> Self {
        self.at = Some(base.clone());
        self
    }

    pub(crate) fn signed_for(mut self, authority: &str) -> Self {
        self.signed_for = Some(authority.to_owned());
        self
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.query.iter().any(|(known, _)| *known == name)
    }

    /// For reasons: method and what is asked, without the run's prefix.
    pub(crate) fn what(&self, prefix: &str) -> String {
        let key = self.key.strip_prefix(prefix).unwrap_or(&self.key).trim_start_matches('/');
        let names: Vec<_> = self.query.iter().map(|(name, _)| *name).collect();
        let query = if names.is_empty() { String::new() } else { format!("?{}", names.join("&")) };
        format!("{} {}{query}", self.method, if key.is_empty() { "bucket" } else { key })
    }
}
