//! The world before the first step: content, repository, settings of the registry and of the storage.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shakedown_faults::{ForwardProxySettings, GatewaySettings, Size, Span};

use crate::{AuthSpec, SwiftSettings, WebhookSettings};

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
    /// A descriptor cache of the registry; steps `cache` act on a shared one.
    pub cache: CacheKind,
    /// Instances of the registry on one storage; requests go to them in turn, as behind a load balancer.
    pub replicas: u32,
    /// How the registry asks who comes.
    pub auth: AuthSpec,
    /// Rules of the S3 mock.
    pub s3: S3Settings,
    /// A gateway before the registry or before its storage; faults `on: gateway` strike there.
    pub gateway: Option<GatewaySettings>,
    /// A forward proxy that the clients or the registry go through; faults `on: forward-proxy` strike there.
    pub forward_proxy: Option<ForwardProxySettings>,
    /// A Swift beside all this, for steps `swift`.
    pub swift: Option<SwiftSettings>,
    /// A webhook sink that the registry tells of pushes, pulls and deletes.
    pub webhook: Option<WebhookSettings>,
    /// A second site: a reference registry on a bucket of its own, for `copy` and `compare`.
    pub other: Option<OtherSettings>,
    /// The registry is a pull-through cache of this one; faults `on: upstream` strike there.
    pub upstream: Option<UpstreamSettings>,
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
            cache: CacheKind::None,
            replicas: 1,
            auth: AuthSpec::None,
            s3: S3Settings::default(),
            gateway: None,
            forward_proxy: None,
            swift: None,
            webhook: None,
            other: None,
            upstream: None,
            pushed: Vec::new(),
        }
    }
}

/// Where a registry keeps what it knows of blobs beside its storage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CacheKind {
    /// Nowhere.
    #[default]
    None,
    /// In its own process; a restart empties it.
    Memory,
    /// On a server of its own: Redis for registries that are started as a process.
    Shared,
}

/// The second site.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct OtherSettings {
    /// Names of images that are already there, as `${repo}:NAME`.
    pub pushed: Vec<String>,
}

/// The upstream of a pull-through cache: a reference registry on a bucket of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct UpstreamSettings {
    /// Names of images that are already there, as `REPOSITORY:NAME`.
    pub pushed: Vec<String>,
    /// The repositories in which they are.
    pub repositories: Vec<String>,
}

impl Default for UpstreamSettings {
    fn default() -> Self {
        Self { pushed: Vec::new(), repositories: vec!["${repo}".to_owned()] }
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
    /// Replicas share the secret that they sign the state of uploads with (docker-registry's `http.secret`); true if absent.
    pub shared_secret: Option<bool>,
    /// Most entries of one page of tags, repositories or referrers.
    pub page_size: Option<u32>,
    /// An index is taken although manifests that it lists are not there.
    pub sparse: Option<bool>,
    /// The referrers API is there (default true).
    pub referrers: Option<bool>,
    /// A text that every answer carries as a `Warning`.
    pub warning: Option<String>,
    /// Requests that are taken in a minute; those beyond are answered 429.
    pub requests_per_minute: Option<u32>,
    /// Least size of chunks.
    pub chunk_min_length: Option<Size>,
    /// An upload to which nothing comes for so long is given up.
    pub upload_expiry: Option<Span>,
    /// An upstream whose content is mirrored under repositories that begin with its name.
    pub namespace: Option<String>,
    /// Locations and links have scheme and host.
    pub absolute_locations: Option<bool>,
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
