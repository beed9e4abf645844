//! What a registry is told at its start. Not here: where the values come from.

use std::sync::Arc;
use std::time::Duration;

use http::Uri;

use crate::defects::DefectSet;
use crate::storage::{CredentialSource, SharedCredentials};

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
    /// Largest object CopyObject may copy; above it is copied in ranges (incident A18).
    pub copy_limit: u64,
    /// Patience.
    pub retry: RetryPolicy,
}

/// The configuration of a [`crate::Registry`].
#[derive(Debug, Clone)]
pub struct RegistryConfig {
    /// The storage.
    pub storage: StorageConfig,
    /// Redirects of blob reads.
    pub redirect: Redirect,
    /// How locations are written.
    pub location: LocationStyle,
    /// Most entries of one page of tags or repositories.
    pub page_size: usize,
    /// Largest manifest in bytes (MP15-MP17).
    pub manifest_limit: usize,
    /// Whether manifests, tags and blobs can be deleted.
    pub delete_enabled: bool,
    /// Most bytes of a refused request's body that are read before the refusal is sent (incidents D01, E09).
    pub drain_limit: u64,
    /// Ways to be wrong on purpose.
    pub defects: DefectSet,
}

impl RegistryConfig {
    /// A registry on `bucket` of the S3 at `endpoint`, everything else as usual.
    pub fn new(
        endpoint: Uri,
        bucket: impl Into<String>,
        access_key: impl Into<String>,
        secret_key: impl Into<String>,
    ) -> Self {
        Self {
            storage: StorageConfig {
                bucket: bucket.into(),
                endpoint,
                region: "us-east-1".to_owned(),
                credentials: Arc::new(SharedCredentials::new(access_key, secret_key)),
                root_directory: String::new(),
                part_size: 5 << 20,
                max_parts: 10_000,
                copy_limit: 5 << 30,
                retry: RetryPolicy::default(),
            },
            redirect: Redirect::Off,
            location: LocationStyle::Relative,
            page_size: 1000,
            manifest_limit: 4 << 20,
            delete_enabled: true,
            drain_limit: 64 << 20,
            defects: DefectSet::none(),
        }
    }
}
