//! What the fault layer is asked about: one request, seen with S3's or HTTP's eyes.

use http::{HeaderMap, Method};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::On;

/// One request at one party, before it is applied.
#[derive(Debug, Clone)]
pub struct Call<'a> {
    /// The party that received it.
    pub on: On,
    /// S3's name of the operation, where the party is an S3.
    pub operation: Option<&'a str>,
    /// HTTP method.
    pub method: &'a Method,
    /// Path as sent, still percent-encoded.
    pub path: &'a str,
    /// Query as sent, without `?`; empty if there is none.
    pub query: &'a str,
    /// Request header lines.
    pub headers: &'a HeaderMap,
    /// Decoded object key (or the prefix of a listing); empty if there is none.
    pub key: &'a str,
}

/// The classes of keys in the storage layout of distribution v2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum KeyClass {
    /// The marker of an upload session: `_uploads/<uuid>/startedat`, or `session` of the reference registry.
    StartedAt,
    /// A stored hash state: `_uploads/<uuid>/hashstates/...`.
    HashState,
    /// Bytes of an unfinished upload: `_uploads/<uuid>/data`.
    UploadData,
    /// Bytes of a blob or manifest: `blobs/sha256/<2>/<hex>/data`.
    BlobData,
    /// Link of a layer into a repository: `_layers/<algorithm>/<hex>/link`.
    Link,
    /// Link of a manifest revision into a repository: `_manifests/revisions/...`.
    Manifest,
    /// Link of a tag: `_manifests/tags/<tag>/...`.
    Tag,
    /// None of these.
    Other,
}

impl KeyClass {
    /// Classifies an object key or a listing prefix, below any root directory.
    pub fn of(key: &str) -> Self {
        let path = key.trim_start_matches('/');
        if let Some((_, rest)) = path.split_once("/_uploads/") {
            return match rest.split('/').nth(1) {
                Some("startedat" | "session") => Self::StartedAt,
                Some("hashstates") => Self::HashState,
                Some("data") => Self::UploadData,
                _ => Self::Other,
            };
        }
        if path.contains("/_layers/") {
            return Self::Link;
        }
        if path.contains("/_manifests/revisions/") {
            return Self::Manifest;
        }
        if path.contains("/_manifests/tags/") {
            return Self::Tag;
        }
        if path.contains("/v2/blobs/") { Self::BlobData } else { Self::Other }
    }

    /// The name used in scenario files and traces.
    pub fn name(self) -> &'static str {
        match self {
            Self::StartedAt => "started-at",
            Self::HashState => "hash-state",
            Self::UploadData => "upload-data",
            Self::BlobData => "blob-data",
            Self::Link => "link",
            Self::Manifest => "manifest",
            Self::Tag => "tag",
            Self::Other => "other",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::KeyClass as K;

    #[test]
    fn keys_of_the_layout_are_classified() {
        let root = "docker/registry/v2";
        for (key, class) in [
            (format!("{root}/repositories/a/b/_uploads/9ac3/startedat"), K::StartedAt),
            (format!("{root}/repositories/a/b/_uploads/9ac3/session"), K::StartedAt),
            (format!("{root}/repositories/a/b/_uploads/9ac3/hashstates/sha256/0"), K::HashState),
            (format!("{root}/repositories/a/b/_uploads/9ac3/data"), K::UploadData),
            (format!("{root}/blobs/sha256/ab/abcd/data"), K::BlobData),
            (format!("{root}/repositories/a/b/_layers/sha256/abcd/link"), K::Link),
            (format!("{root}/repositories/a/b/_manifests/revisions/sha256/abcd/link"), K::Manifest),
            (format!("/{root}/repositories/a/b/_manifests/tags/v1/current/link"), K::Tag),
            ("somewhere/else".to_owned(), K::Other),
        ] {
            assert_eq!(K::of(&key), class, "{key}");
        }
    }
}
