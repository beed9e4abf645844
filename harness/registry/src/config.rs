//! What a registry is told at its start. Not here: where the values come from.

use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use shakedown_oci::Version;

use crate::allowed::Allowed;
use crate::auth::AuthConfig;
use crate::defects::DefectSet;
use crate::notify::Notifications;
use crate::storage::{CredentialSource, SharedCredentials};
use crate::upstream::UpstreamConfig;

/// Whether blob reads are sent to the storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redirect {
    /// Blobs are streamed through the registry.
    Off,
    /// Blobs are answered with 307 and a presigned URL, signed for the method that was used (incidents C01, C02).
    On {
        /// How long a URL is good.
        expiry: Duration,
        /// The address under which clients reach the storage; the signature covers its host (C03, C04).
        public_base: Option<Uri>,
    },
}

impl Redirect {
    /// Redirects that live 20 minutes, as distribution's do.
    pub fn on(public_base: Option<Uri>) -> Self {
        Self::On { expiry: Duration::from_secs(1200), public_base }
    }
}

/// How `Location` and `Link` values are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LocationStyle {
    /// `/v2/...`: right behind every gateway (incident E01).
    #[default]
    Relative,
    /// With scheme and host, `X-Forwarded-Proto` and `X-Forwarded-Host` honoured.
    Absolute,
}

/// Limits on patience with the storage. Every wait is in tokio time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Tries of one storage call, the first included.
    pub attempts: u32,
    /// The pause after the first failure; it doubles from there.
    pub base: Duration,
    /// The longest pause, also when `Retry-After` asks for more.
    pub cap: Duration,
    /// Limit of one try, until the head (and the body of small answers) is there, and of silence in a streamed body; a second is added
    /// for each MiB that is sent.
    pub attempt_timeout: Duration,
    /// The same for CompleteMultipartUpload and copies, which may take long on large objects.
    pub slow_timeout: Duration,
    /// Limit of one call with all its tries and pauses, where one try may not take longer by itself.
    pub deadline: Duration,
    /// How long something that was acknowledged may stay invisible before it counts as lost (incidents A07, A09).
    pub patience: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 5,
            base: Duration::from_millis(100),
            cap: Duration::from_secs(5),
            attempt_timeout: Duration::from_secs(10),
            slow_timeout: Duration::from_secs(120),
            deadline: Duration::from_secs(30),
            patience: Duration::from_millis(2500),
        }
    }
}

/// Where and how bytes are kept.
#[derive(Debug, Clone)]
pub struct StorageConfig {
    /// The bucket.
    pub bucket: String,
    /// Base address of the S3, path style: `http://s3.test:9000`.
    pub endpoint: Uri,
    /// Region of the signature's scope.
    pub region: String,
    /// Access key and secret.
    pub credentials: Arc<dyn CredentialSource>,
    /// distribution's `rootdirectory`; keys are `<root>/docker/registry/v2/...`. Empty by default.
    pub root_directory: String,
    /// Size of the parts of a multipart upload, all equal but the last (incident A19).
    pub part_size: u64,
    /// Parts a multipart upload may have (incident A18).
    pub max_parts: u32,
    /// Whether signatures leave the bytes of parts out (`UNSIGNED-PAYLOAD`); a CRC guards them instead.
    pub unsigned_parts: bool,
    /// Whether parts are hashed on threads of their own. Faster, but what happens first is then not decided by the seed.
    pub hash_threads: bool,
    /// Largest object CopyObject may copy; above it is copied in ranges (incident A18).
    pub copy_limit: u64,
    /// Patience.
    pub retry: RetryPolicy,
}

/// Where sizes of blobs are kept beside the storage.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Cache {
    /// Nowhere.
    #[default]
    Off,
    /// In this process.
    Memory,
    /// On a server that answers GET and PUT of `KEY` below this address; it is reached as the storage is.
    Server(Uri),
}

/// The configuration of a [`crate::Registry`].
#[derive(Debug, Clone)]
pub struct RegistryConfig {
    /// The text of the specification that is followed.
    pub version: Version,
    /// The storage.
    pub storage: StorageConfig,
    /// The descriptor cache.
    pub cache: Cache,
    /// Redirects of blob reads.
    pub redirect: Redirect,
    /// How locations are written.
    pub location: LocationStyle,
    /// Most entries of one page of tags, repositories or referrers.
    pub page_size: usize,
    /// Largest manifest in bytes (MP15-MP17).
    pub manifest_limit: usize,
    /// Whether manifests, tags and blobs can be deleted.
    pub delete_enabled: bool,
    /// Deleted manifests leave a tombstone, by which they can be restored until garbage collection takes it.
    pub soft_delete: bool,
    /// Whether an index is taken although manifests that it lists are not there.
    pub sparse: bool,
    /// The referrers API. Without it clients keep referrers under tags, and those appear once it is switched on (UG1).
    pub referrers: bool,
    /// Texts that every answer carries as `Warning` (WN1); what does not fit into 4096 bytes is left out (WN2).
    pub warnings: Vec<String>,
    /// Requests in one minute, all clients together; those beyond are answered 429 (ER5).
    pub requests_per_minute: Option<u32>,
    /// Told as `OCI-Chunk-Min-Length` when an upload begins (CH3); a chunk after a smaller one is refused.
    pub chunk_min_length: Option<u64>,
    /// An upload to which nothing comes for so long is given up (CA4).
    pub upload_expiry: Duration,
    /// Upstreams whose content is mirrored under repositories that begin with their name; `ns` chooses one (PX3).
    pub namespaces: Vec<String>,
    /// The registry is a pull-through cache of this one: what is not in the bucket is fetched from there, pushes and deletes are refused.
    /// Tags and referrers that are listed are those of the bucket.
    pub upstream: Option<UpstreamConfig>,
    /// Most bytes of a refused request's body that are read before the refusal is sent (incidents D01, E09).
    pub drain_limit: u64,
    /// Who is told what was pushed, pulled and deleted.
    pub notifications: Notifications,
    /// Who may do what.
    pub auth: AuthConfig,
    /// Ways to be wrong on purpose.
    pub defects: DefectSet,
    /// Ways to be right that are not the reference's own.
    pub allowed: Vec<&'static Allowed>,
}

impl RegistryConfig {
    /// Whether what came after release 1.1 is there: tag parameters, cancelled uploads, `digest-algorithm`, `ns`.
    pub(crate) fn is_head(&self) -> bool {
        self.version == Version::Head
    }

    /// A registry on `bucket` of the S3 at `endpoint`, everything else as usual.
    pub fn new(
        endpoint: Uri,
        bucket: impl Into<String>,
        access_key: impl Into<String>,
        secret_key: impl Into<String>,
    ) -> Self {
        Self {
            version: Version::default(),
            storage: StorageConfig {
                bucket: bucket.into(),
                endpoint,
                region: "us-east-1".to_owned(),
                credentials: Arc::new(SharedCredentials::new(access_key, secret_key)),
                root_directory: String::new(),
                part_size: 5 << 20,
                max_parts: 10_000,
                unsigned_parts: false,
                hash_threads: false,
                copy_limit: 5 << 30,
                retry: RetryPolicy::default(),
            },
            cache: Cache::Off,
            redirect: Redirect::Off,
            location: LocationStyle::Relative,
            page_size: 1000,
            manifest_limit: 4 << 20,
            delete_enabled: true,
            soft_delete: false,
            sparse: false,
            referrers: true,
            warnings: Vec::new(),
            requests_per_minute: None,
            chunk_min_length: None,
            upload_expiry: Duration::from_secs(7 * 24 * 3600),
            namespaces: Vec::new(),
            upstream: None,
            drain_limit: 64 << 20,
            notifications: Notifications::default(),
            auth: AuthConfig::Open,
            defects: DefectSet::none(),
            allowed: Vec::new(),
        }
    }
}
