//! How a mock is set up: buckets, keys, limits and strictness. Faults are not configuration; they come from `shakedown-faults`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// One access key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Credential {
    /// The public half.
    pub access_key: String,
    /// The secret half; never logged.
    pub secret_key: String,
    /// If set, requests with this key must carry it as `x-amz-security-token`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_token: Option<String>,
}

impl Credential {
    /// A long-term key.
    pub fn new(access_key: impl Into<String>, secret_key: impl Into<String>) -> Self {
        Self { access_key: access_key.into(), secret_key: secret_key.into(), session_token: None }
    }
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credential").field("access_key", &self.access_key).finish_non_exhaustive()
    }
}

/// What an ETag is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EtagMode {
    /// S3's own: the MD5 of the bytes, of a multipart object `md5(md5s)-n`. Costs 1.4 s of CPU per GB.
    #[default]
    Md5,
    /// Opaque and unique, for load runs. s3cmd and other tools that compare MD5s need the other one.
    Fast,
}

/// The numbers of S3's rules. Small ones let a test meet a limit (INCIDENTS A18).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct Limits {
    /// Smallest part that is not the last one, in bytes.
    pub min_part: u64,
    /// Highest part number.
    pub max_parts: u32,
    /// Largest source of CopyObject and UploadPartCopy, in bytes.
    pub max_copy: u64,
    /// Largest PutObject and UploadPart, in bytes.
    pub max_put: u64,
    /// Longest page of a listing.
    pub max_keys: usize,
    /// R2's rule: all parts but the last must have one length (INCIDENTS A19).
    pub equal_parts: bool,
    /// Open uploads per bucket; beyond it CreateMultipartUpload answers 503.
    pub max_uploads: usize,
    /// Bytes the memory store may hold; beyond it writes answer 503 ServiceUnavailable.
    pub max_stored: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            min_part: 5 << 20,
            max_parts: 10_000,
            max_copy: 5 << 30,
            max_put: 5 << 30,
            max_keys: 1000,
            equal_parts: false,
            max_uploads: 100_000,
            max_stored: 8 << 30,
        }
    }
}

/// Everything a mock is told at its start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct S3Config {
    /// Buckets that exist from the start.
    pub buckets: Vec<String>,
    /// The keys that may sign.
    pub credentials: Vec<Credential>,
    /// The region in credential scopes.
    pub region: String,
    /// Names under which the store answers; `bucket.<host>` addresses a bucket (virtual-host style).
    pub hosts: Vec<String>,
    /// Accept `/bucket/key`. A store that refuses it answers 403 SecondLevelDomainForbidden (Alibaba OSS).
    pub path_style: bool,
    /// Accept `bucket.host/key`.
    pub virtual_host_style: bool,
    /// The numbers.
    pub limits: Limits,
    /// How far a request's time may differ from the store's; in files a duration such as `15m`.
    #[serde(with = "span")]
    pub clock_skew_limit: Duration,
    /// A repeated CompleteMultipartUpload answers 200 again, as AWS does (INCIDENTS A11); else 404 NoSuchUpload.
    pub complete_idempotent: bool,
    /// Verify signatures. Without it everybody may do everything; payload hashes are verified all the same.
    pub verify_signatures: bool,
    /// A presigned request must not carry `Authorization`, too (INCIDENTS C06): 400 InvalidArgument, as AWS.
    pub presigned_refuses_authorization: bool,
    /// `x-amz-acl` answers 400 AccessControlListNotSupported.
    pub refuse_acl: bool,
    /// `x-amz-storage-class` answers 400 InvalidStorageClass.
    pub refuse_storage_class: bool,
    /// DeleteObjects must carry Content-MD5 or a checksum, as AWS asks.
    pub delete_objects_needs_checksum: bool,
    /// What ETags are.
    pub etag: EtagMode,
    /// The `Server` header.
    pub server: String,
    /// How many exchanges the journal keeps (about 3 KB each); those beyond are counted only.
    pub journal: usize,
}

impl Default for S3Config {
    fn default() -> Self {
        Self {
            buckets: Vec::new(),
            credentials: Vec::new(),
            region: "us-east-1".into(),
            hosts: vec!["s3.test".into(), "localhost".into()],
            path_style: true,
            virtual_host_style: true,
            limits: Limits::default(),
            clock_skew_limit: Duration::from_secs(15 * 60),
            complete_idempotent: true,
            verify_signatures: true,
            presigned_refuses_authorization: true,
            refuse_acl: false,
            refuse_storage_class: false,
            delete_objects_needs_checksum: true,
            etag: EtagMode::Md5,
            server: "ShakedownS3".into(),
            journal: 50_000,
        }
    }
}

impl S3Config {
    /// The usual world: one bucket, one key, strict rules.
    pub fn with_bucket(bucket: impl Into<String>, credential: Credential) -> Self {
        Self { buckets: vec![bucket.into()], credentials: vec![credential], ..Self::default() }
    }
}

/// Durations as all our files write them.
mod span {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use shakedown_faults::Span;

    pub(super) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        Span(*duration).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        Span::deserialize(deserializer).map(|span| span.0)
    }
}
