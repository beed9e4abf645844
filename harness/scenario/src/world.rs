//! The world before the first step: content, repository, settings of the registry and of the storage.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shakedown_faults::Size;

/// What exists before the first step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Given {
    /// `${repo}`: the repository that steps use. Systems that are shared get a random prefix before it.
    pub repository: String,
    /// Synthetic images by name. Content comes from the run's seed; nothing is kept in memory.
    pub images: IndexMap<String, ImageSpec>,
    /// Single blobs by name; steps refer to them as `${blob.NAME.digest}` and `${blob.NAME.size}`.
    pub blobs: IndexMap<String, BlobSpec>,
    /// Settings of the registry, where the system lets us choose.
    pub registry: RegistrySettings,
    /// Rules of the S3 mock.
    pub s3: S3Settings,
    /// Names of images that are already in the storage (pushed before the faults begin, not part of the trace) as `${repo}:NAME`.
    pub pushed: Vec<String>,
}

impl Default for Given {
    fn default() -> Self {
        Self {
            repository: "lab/app".to_owned(),
            images: IndexMap::new(),
            blobs: IndexMap::new(),
            registry: RegistrySettings::default(),
            s3: S3Settings::default(),
            pushed: Vec::new(),
        }
    }
}

/// The media types of a synthetic image.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ImageKind {
    /// `application/vnd.oci.image.*`.
    #[default]
    Oci,
    /// `application/vnd.docker.distribution.manifest.v2+json`.
    Docker,
}

/// A synthetic image.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct ImageSpec {
    /// Layers, lowest first.
    pub layers: Vec<LayerSpec>,
    /// Media types.
    pub kind: ImageKind,
}

/// A layer of a synthetic image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LayerSpec {
    /// Its size.
    pub size: Size,
}

/// A blob's content; exactly one of the kinds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BlobSpec {
    /// Seeded content of this size.
    Size(Size),
    /// This text.
    Text(String),
}

/// Settings of the registry under test. What a system cannot set makes the scenario skipped, with the reason.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct RegistrySettings {
    /// Redirects blob reads to presigned storage URLs.
    pub redirect: Option<bool>,
    /// Size of the parts the registry uploads to storage.
    pub part_size: Option<Size>,
    /// Deletes enabled (default true).
    pub delete: Option<bool>,
    /// The registry watches the health of its storage (docker-registry's `health.storagedriver`).
    pub storage_health: Option<bool>,
}

/// Rules of the S3 mock, where they differ from AWS's.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct S3Settings {
    /// Smallest size of a part that is not the last.
    pub min_part: Option<Size>,
    /// Most parts of an upload.
    pub max_parts: Option<u32>,
    /// Largest source of CopyObject.
    pub max_copy: Option<Size>,
    /// All parts but the last must have one size (Cloudflare R2).
    pub equal_parts: Option<bool>,
    /// A repeated CompleteMultipartUpload is answered 200 (AWS) or 404 NoSuchUpload.
    pub complete_idempotent: Option<bool>,
    /// Clients other than the registry are refused (they cannot reach or must not read the store).
    pub refuse_clients: Option<bool>,
}
