//! What a stored manifest refers to, read leniently: OCI and Docker, images and indexes.

use serde::Deserialize;

/// A manifest's references.
#[derive(Debug, Default, Deserialize)]
pub(super) struct References {
    #[serde(default)]
    config: Option<Descriptor>,
    #[serde(default)]
    layers: Vec<Descriptor>,
    /// Child manifests of an index.
    #[serde(default)]
    pub(super) manifests: Vec<Descriptor>,
}

/// A descriptor, as far as it matters here.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor {
    /// Digest.
    pub(super) digest: String,
    /// Size in bytes.
    #[serde(default)]
    pub(super) size: Option<u64>,
    #[serde(default)]
    media_type: String,
    #[serde(default)]
    urls: Vec<String>,
}

impl References {
    pub(super) fn parse(content: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(content).map_err(|error| format!("not a manifest: {error}"))
    }

    /// Config and layers that the registry itself must hold; foreign layers may be elsewhere (image-spec, "Non-distributable
    /// layers").
    pub(super) fn blobs(&self) -> impl Iterator<Item = &Descriptor> {
        self.config.iter().chain(&self.layers).filter(|blob| {
            blob.urls.is_empty()
                && !blob.media_type.contains("nondistributable")
                && !blob.media_type.contains("foreign")
        })
    }
}
