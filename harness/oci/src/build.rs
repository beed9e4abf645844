//! New manifests with the same bytes on every machine: fields in the specification's order, annotations by key.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{Descriptor, media_type};

/// In whose media types a manifest is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Flavor {
    /// OCI image specification.
    #[default]
    Oci,
    /// Docker schema 2.
    Docker,
}

impl Flavor {
    /// Media type of a manifest.
    pub fn manifest(self) -> &'static str {
        match self {
            Self::Oci => media_type::OCI_MANIFEST,
            Self::Docker => media_type::DOCKER_MANIFEST,
        }
    }

    /// Media type of an index or manifest list.
    pub fn index(self) -> &'static str {
        match self {
            Self::Oci => media_type::OCI_INDEX,
            Self::Docker => media_type::DOCKER_LIST,
        }
    }

    /// Media type of an image configuration.
    pub fn config(self) -> &'static str {
        match self {
            Self::Oci => media_type::OCI_CONFIG,
            Self::Docker => media_type::DOCKER_CONFIG,
        }
    }

    /// Media type of a gzip layer, the usual kind.
    pub fn layer(self) -> &'static str {
        match self {
            Self::Oci => media_type::OCI_LAYER_GZIP,
            Self::Docker => media_type::DOCKER_LAYER_GZIP,
        }
    }
}

/// Builds an image manifest.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ManifestBuilder {
    schema_version: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    media_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    artifact_type: Option<String>,
    config: Descriptor,
    layers: Vec<Descriptor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<Descriptor>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<String, String>,
}

impl ManifestBuilder {
    /// A manifest with a config and no layers.
    pub fn new(flavor: Flavor, config: Descriptor) -> Self {
        Self {
            schema_version: 2,
            media_type: Some(flavor.manifest().to_owned()),
            artifact_type: None,
            config,
            layers: Vec::new(),
            subject: None,
            annotations: BTreeMap::new(),
        }
    }

    /// An artifact without a config: the empty JSON object stands for it, and is its only layer (image-spec `manifest.md`).
    pub fn artifact(artifact_type: impl Into<String>) -> Self {
        let empty = Descriptor::of(media_type::OCI_EMPTY, b"{}");
        Self::new(Flavor::Oci, empty.clone()).layer(empty).artifact_type(artifact_type)
    }

    /// Adds a layer.
    #[must_use]
    pub fn layer(mut self, layer: Descriptor) -> Self {
        self.layers.push(layer);
        self
    }

    /// Sets what it refers to.
    #[must_use]
    pub fn subject(mut self, subject: Descriptor) -> Self {
        self.subject = Some(subject);
        self
    }

    /// Sets its type.
    #[must_use]
    pub fn artifact_type(mut self, artifact_type: impl Into<String>) -> Self {
        self.artifact_type = Some(artifact_type.into());
        self
    }

    /// Adds an annotation.
    #[must_use]
    pub fn annotation(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.annotations.insert(key.into(), value.into());
        self
    }

    /// Leaves `mediaType` away, which OCI allows (K08).
    #[must_use]
    pub fn without_media_type(mut self) -> Self {
        self.media_type = None;
        self
    }

    /// The manifest's bytes.
    pub fn render(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("texts and numbers always serialise")
    }
}

/// Builds an index or a manifest list.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IndexBuilder {
    schema_version: u8,
    media_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    artifact_type: Option<String>,
    manifests: Vec<Descriptor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<Descriptor>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<String, String>,
}

impl IndexBuilder {
    /// An index that lists nothing.
    pub fn new(flavor: Flavor) -> Self {
        Self {
            schema_version: 2,
            media_type: flavor.index().to_owned(),
            artifact_type: None,
            manifests: Vec::new(),
            subject: None,
            annotations: BTreeMap::new(),
        }
    }

    /// Lists a manifest.
    #[must_use]
    pub fn manifest(mut self, manifest: Descriptor) -> Self {
        self.manifests.push(manifest);
        self
    }

    /// Sets what it refers to.
    #[must_use]
    pub fn subject(mut self, subject: Descriptor) -> Self {
        self.subject = Some(subject);
        self
    }

    /// Sets its type.
    #[must_use]
    pub fn artifact_type(mut self, artifact_type: impl Into<String>) -> Self {
        self.artifact_type = Some(artifact_type.into());
        self
    }

    /// Adds an annotation.
    #[must_use]
    pub fn annotation(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.annotations.insert(key.into(), value.into());
        self
    }

    /// The index's bytes.
    pub fn render(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("texts and numbers always serialise")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Manifest, ManifestError, ManifestKind, MediaType};

    fn parse(bytes: &[u8], content_type: &str) -> Result<Manifest, ManifestError> {
        Manifest::parse(bytes, Some(&content_type.parse::<MediaType>().unwrap()))
    }

    #[test]
    fn a_manifest_is_written_in_the_specifications_order() {
        let subject = Descriptor::of(media_type::OCI_MANIFEST, b"subject");
        let bytes = ManifestBuilder::artifact("application/x")
            .subject(subject.clone())
            .annotation("b", "2")
            .annotation("a", "1")
            .render();
        insta::assert_snapshot!(String::from_utf8_lossy(&bytes));
        let manifest = parse(&bytes, media_type::OCI_MANIFEST).unwrap();
        assert_eq!(manifest.subject, Some(subject));
        assert_eq!(manifest.blobs().count(), 2);
        let entry = manifest.referrer(crate::Digest::of(&bytes), bytes.len() as u64);
        assert_eq!(entry.artifact_type.as_deref(), Some("application/x"));
        assert_eq!(entry.annotations.len(), 2);
    }

    #[test]
    fn the_referrer_type_falls_back_to_the_config() {
        let config = Descriptor::of("application/y", b"{}");
        let bytes = ManifestBuilder::new(Flavor::Oci, config).artifact_type("").render();
        assert_eq!(parse(&bytes, media_type::OCI_MANIFEST).unwrap().referrer_type(), Some("application/y"));
        let index = IndexBuilder::new(Flavor::Oci).render();
        assert_eq!(parse(&index, media_type::OCI_INDEX).unwrap().referrer_type(), None);
    }

    #[test]
    fn the_kind_comes_from_field_then_header_then_shape() {
        let config = Descriptor::of(media_type::OCI_CONFIG, b"{}");
        let bytes = ManifestBuilder::new(Flavor::Oci, config).without_media_type().render();
        assert_eq!(Manifest::parse(&bytes, None).unwrap().kind, ManifestKind::OciManifest);
        assert_eq!(parse(&bytes, media_type::DOCKER_MANIFEST).unwrap().kind, ManifestKind::DockerManifest);
        assert!(matches!(parse(&bytes, "application/json"), Err(ManifestError::UnknownType { .. })));
        assert!(matches!(parse(&bytes, media_type::OCI_INDEX), Err(ManifestError::Shape { .. })));
        let list = IndexBuilder::new(Flavor::Docker).render();
        assert_eq!(Manifest::parse(&list, None).unwrap().kind, ManifestKind::DockerList);
        assert!(matches!(parse(&list, media_type::OCI_INDEX), Err(ManifestError::TypeMismatch { .. })));
    }

    #[test]
    fn broken_manifests_are_named() {
        let error = |text: &str| Manifest::parse(text.as_bytes(), None).unwrap_err().to_string();
        insta::assert_snapshot!(
            [
                "<html>",
                "{}",
                r#"{"schemaVersion":1}"#,
                r#"{"schemaVersion":2}"#,
                r#"{"schemaVersion":2,"mediaType":"text/plain"}"#,
                r#"{"schemaVersion":2,"config":{"mediaType":"a/b","digest":"sha256:0","size":1}}"#,
                r#"{"schemaVersion":2,"config":{"mediaType":"a/b","digest":"sha256:0","size":-1}}"#,
                r#"{"schemaVersion":2,"manifests":[],"layers":[]}"#,
            ]
            .map(error)
            .join("\n")
        );
        assert_eq!(
            Manifest::parse(&vec![b' '; Manifest::MAX_BYTES + 1], None),
            Err(ManifestError::TooLarge { size: Manifest::MAX_BYTES + 1 })
        );
        let deep = format!(r#"{{"schemaVersion":2,"x":{}"#, "[".repeat(100_000));
        assert!(matches!(Manifest::parse(deep.as_bytes(), None), Err(ManifestError::Json { .. })));
    }

    proptest! {
        #[test]
        fn nothing_panics(bytes: Vec<u8>) {
            let _ = Manifest::parse(&bytes, None);
        }
    }
}
