//! What a gateway does to everything that passes it, as files write it: the standing habits of a reverse proxy, named as operators
//! name them. Not here: how they are carried out (`shakedown-peers`), and single misdeeds, which are faults (`on: gateway`).

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::status::Status;
use crate::units::{Size, Span};

/// A reverse proxy. Without settings it passes everything on, streamed, with `Host` kept and `X-Forwarded-*` set.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct GatewaySettings {
    /// Which party it stands before.
    pub before: Before,
    /// Clients reach it by https, and it speaks http to what is behind it; plain http is answered 400 (E01). In memory only.
    #[serde(skip_serializing_if = "is_default")]
    pub tls: bool,
    /// The `Host` that the party behind it sees (C03, E02).
    #[serde(skip_serializing_if = "is_default")]
    pub host: HostHeader,
    /// What it says of the client's side in `X-Forwarded-*` (E01).
    #[serde(skip_serializing_if = "is_default")]
    pub forwarded: Forwarded,
    /// Answers with these statuses get a page of its own for a body: nginx's `error_page` with `proxy_intercept_errors` (B01).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub error_pages: Vec<Status>,
    /// Whose pages those are.
    #[serde(skip_serializing_if = "is_default")]
    pub server: GatewayServer,
    /// HEAD is sent on as GET; the answer's body is thrown away (C02).
    #[serde(skip_serializing_if = "is_default")]
    pub head_as_get: bool,
    /// Larger request bodies are answered 413: nginx's `client_max_body_size` (E03).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_limit: Option<Size>,
    /// Compresses answers (E07).
    #[serde(skip_serializing_if = "is_default")]
    pub gzip: Gzip,
    /// So much of a request's body is read before the request is sent on: nginx's `proxy_request_buffering`. What is longer is streamed
    /// from there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buffer_requests: Option<Size>,
    /// So much of an answer's body is read before its head is sent: nginx's `proxy_buffering`. An answer that breaks off within it is
    /// answered 502.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buffer_answers: Option<Size>,
    /// The query does not reach the party behind it (D02).
    #[serde(skip_serializing_if = "is_default")]
    pub drop_query: bool,
    /// What happens to a `/` at the end of a path (E08).
    #[serde(skip_serializing_if = "is_default")]
    pub trailing_slash: TrailingSlash,
    /// Requests whose body begins (in its first 128 KiB) with or holds this text are answered 403 by a firewall (E05).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub firewall: Option<String>,
    /// Keeps a 404 to GET and HEAD for so long, unless `Cache-Control` forbids it (C08).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub negative_cache: Option<Span>,
    /// Answers HEAD from a GET it has seen, for so long; the length is lost (C08).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head_cache: Option<Span>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// What stands behind the gateway.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Before {
    /// The registry: clients talk to the gateway.
    #[default]
    Registry,
    /// The object store: the registry talks to the gateway.
    Storage,
}

/// The `Host` that is sent on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HostHeader {
    /// As it came (`proxy_set_header Host $http_host`).
    #[default]
    Kept,
    /// The address of the party behind it (nginx's default).
    Upstream,
    /// Without its port (`proxy_set_header Host $host`).
    WithoutPort,
    /// This name.
    Name(String),
}

/// `X-Forwarded-Proto` and `X-Forwarded-Host`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Forwarded {
    /// The truth.
    #[default]
    Right,
    /// Neither is sent on.
    Missing,
    /// These header lines instead.
    Set(IndexMap<String, String>),
}

/// Whose error pages it sends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GatewayServer {
    /// `openresty/1.15.8.2`, as in B01.
    #[default]
    Openresty,
    /// `nginx/1.22.1`.
    Nginx,
}

impl GatewayServer {
    /// As it stands in `Server` and in its pages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Openresty => "openresty/1.15.8.2",
            Self::Nginx => "nginx/1.22.1",
        }
    }
}

/// Compression of answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Gzip {
    /// None.
    #[default]
    Off,
    /// For clients that accept it.
    Accepted,
    /// Whatever the client accepts.
    Always,
}

/// A `/` at the end of a path.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TrailingSlash {
    /// Stays.
    #[default]
    Kept,
    /// Is removed on the way.
    Removed,
    /// Is answered 301 to the path without it, which turns a POST into a GET.
    Redirected,
}

impl GatewaySettings {
    /// What is wrong with these settings, for the author of a file.
    pub fn problems(&self) -> Vec<String> {
        let mut found = Vec::new();
        if let Forwarded::Set(headers) = &self.forwarded {
            found.extend(crate::effects::header_problems(headers));
        }
        if let HostHeader::Name(name) = &self.host
            && http::uri::Authority::try_from(name.as_str()).is_err()
        {
            found.push(format!("`host`: `{name}` is not a host"));
        }
        if self.tls && self.before == Before::Storage {
            found.push("`tls`: it is the registry's clients that come by https; write `before: registry`".to_owned());
        }
        if self.firewall.as_ref().is_some_and(String::is_empty) {
            found.push("`firewall`: an empty text is in every body".to_owned());
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_cannot_be_meant_are_told() {
        let text =
            "{ before: storage, tls: true, host: { name: 'a b' }, firewall: '', forwarded: { set: { 'x y': z } } }";
        let settings: GatewaySettings = serde_saphyr::from_str(text).unwrap();
        assert_eq!(settings.problems().len(), 4, "{:?}", settings.problems());
        assert!(GatewaySettings::default().problems().is_empty());
    }
}
