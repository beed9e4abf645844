//! A raw HTTP request with captures.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shakedown_faults::Size;

use crate::expect::Expect;

/// One request to the registry, exactly as written; redirects are not followed unless asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct HttpStep {
    /// HTTP method.
    pub method: String,
    /// Path and query, or a captured Location (relative or absolute). `${...}` is filled in.
    pub path: String,
    /// Request headers.
    #[serde(default)]
    pub headers: IndexMap<String, String>,
    /// Request body; none if absent.
    #[serde(default)]
    pub body: Option<BodySource>,
    /// The connection breaks after so many bytes of the body, whose whole length was announced.
    #[serde(default)]
    pub cut_at: Option<Size>,
    /// After so many bytes of the body nothing more comes; the connection stays open, and the answer is waited for.
    #[serde(default)]
    pub stall_at: Option<Size>,
    /// Query parameter appended with `?` or `&` as the path needs it, e.g. `digest: ${blob.layer.digest}`.
    #[serde(default)]
    pub query: IndexMap<String, String>,
    /// Follow redirects (without Authorization across hosts).
    #[serde(default)]
    pub follow: bool,
    /// Answers a 401 as the user who acts, as a client does; without it nothing is added.
    #[serde(default)]
    pub login: bool,
    /// What is kept of the answer for later steps: name -> where.
    #[serde(default)]
    pub capture: IndexMap<String, Capture>,
    /// What the answer must be.
    #[serde(default)]
    pub expect: Expect,
}

/// A request body; exactly one of the kinds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BodySource {
    /// This text.
    Text(String),
    /// The content of `given.blobs.NAME`, or a part of it: `NAME@0-99` (inclusive).
    Blob(String),
    /// The manifest of `given.images.NAME`.
    Manifest(String),
}

/// Where a captured value stands in the answer; exactly one of the kinds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Capture {
    /// A response header.
    Header(String),
    /// A JSON pointer (RFC 6901) into the body.
    Json(String),
}
