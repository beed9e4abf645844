//! Media types: the names registries know, and reading a `Content-Type` (PM6-PM9).

use std::fmt;
use std::str::FromStr;

use crate::quote;

/// OCI image manifest.
pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// OCI image index.
pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// OCI image configuration.
pub const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
/// OCI layer, not compressed.
pub const OCI_LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
/// OCI layer, gzip.
pub const OCI_LAYER_GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
/// OCI layer, zstd.
pub const OCI_LAYER_ZSTD: &str = "application/vnd.oci.image.layer.v1.tar+zstd";
/// The empty JSON object, config of artifacts without one.
pub const OCI_EMPTY: &str = "application/vnd.oci.empty.v1+json";
/// The `oci-layout` file.
pub const OCI_LAYOUT: &str = "application/vnd.oci.layout.header.v1+json";
/// Docker manifest, schema 2.
pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
/// Docker manifest list.
pub const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
/// Docker image configuration.
pub const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";
/// Docker layer, not compressed.
pub const DOCKER_LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar";
/// Docker layer, gzip.
pub const DOCKER_LAYER_GZIP: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";
/// Docker manifest, schema 1, unsigned; recognised only.
pub const DOCKER_SCHEMA1: &str = "application/vnd.docker.distribution.manifest.v1+json";
/// Docker manifest, schema 1, signed; recognised only.
pub const DOCKER_SCHEMA1_SIGNED: &str = "application/vnd.docker.distribution.manifest.v1+prettyjws";
/// JSON.
pub const JSON: &str = "application/json";
/// Bytes without meaning.
pub const OCTET_STREAM: &str = "application/octet-stream";

/// What a client that understands every manifest sends as `Accept` (PM5).
pub const ALL_MANIFESTS: [&str; 4] = [OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_LIST];

/// The `type/subtype` of a `Content-Type`; parameters are ignored (PM7) but remembered (PM6).
#[derive(Debug, Clone)]
pub struct MediaType {
    essence: String,
    parameters: bool,
}

/// A `Content-Type` that is none.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[error("malformed media type {text}: expected <type>/<subtype>")]
pub struct MediaTypeError {
    /// What was given, quoted and shortened.
    pub text: String,
}

impl MediaType {
    /// `type/subtype` in lower case.
    pub fn essence(&self) -> &str {
        &self.essence
    }

    /// Whether parameters followed, such as `; charset=utf-8`.
    pub fn has_parameters(&self) -> bool {
        self.parameters
    }

    /// JSON, or a type that ends in `+json`.
    pub fn is_json(&self) -> bool {
        self.essence == JSON || self.essence.ends_with("+json")
    }
}

impl PartialEq for MediaType {
    fn eq(&self, other: &Self) -> bool {
        self.essence == other.essence
    }
}

impl Eq for MediaType {}

impl PartialEq<str> for MediaType {
    fn eq(&self, other: &str) -> bool {
        self.essence.eq_ignore_ascii_case(other)
    }
}

impl PartialEq<&str> for MediaType {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.essence)
    }
}

impl FromStr for MediaType {
    type Err = MediaTypeError;

    fn from_str(text: &str) -> Result<Self, MediaTypeError> {
        let malformed = || MediaTypeError { text: quote(text) };
        let (essence, parameters) =
            text.split_once(';').map_or((text, false), |(essence, rest)| (essence, !rest.trim().is_empty()));
        let essence = essence.trim();
        let (kind, subtype) = essence.split_once('/').ok_or_else(malformed)?;
        let token = |part: &str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+*".contains(&b))
        };
        // RFC 6838 section 4.2 limits each part to 127 characters.
        if essence.len() > 255 || !token(kind) || !token(subtype) {
            return Err(malformed());
        }
        Ok(Self { essence: essence.to_ascii_lowercase(), parameters })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parameters_are_ignored_but_known() {
        let plain: MediaType = OCI_MANIFEST.parse().unwrap();
        let with: MediaType = format!("{} ; charset=utf-8", OCI_MANIFEST.to_uppercase()).parse().unwrap();
        assert_eq!(plain, with);
        assert!(with.has_parameters() && !plain.has_parameters());
        assert!(with == OCI_MANIFEST && with.is_json());
        for text in ["", "json", "/", "a/", "/b", "a b/c", "a/b/c", "text/html, x/y"] {
            assert!(text.parse::<MediaType>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_parses_renders_the_same_type(text in "[a-z]{0,4}/?[a-z.+-]{0,9};?.{0,5}|.*") {
            if let Ok(media_type) = text.parse::<MediaType>() {
                prop_assert_eq!(media_type.to_string().parse::<MediaType>().unwrap(), media_type);
            }
        }
    }
}
