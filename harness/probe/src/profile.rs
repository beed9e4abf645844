//! The registries that a store is qualified for.

use serde::{Deserialize, Serialize};

/// One registry, as a client of S3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Profile {
    /// distribution 2.8.x: aws-sdk-go 1.15 (upstream) or 1.44 (Debian); finds its uploads by listing.
    #[serde(rename = "distribution-2.8")]
    Distribution28,
    /// distribution 3.x: aws-sdk-go 1.55.
    #[serde(rename = "distribution-3")]
    Distribution3,
    /// zot on distribution's 3.1 driver; every small file is a multipart upload.
    #[serde(rename = "zot")]
    Zot,
    /// Harbor: distribution 2.8 with aws-sdk-go 1.15; its core follows redirects itself.
    #[serde(rename = "harbor")]
    Harbor,
    /// GitLab's container registry with the s3_v2 driver: aws-sdk-go-v2, checksums by default.
    #[serde(rename = "gitlab")]
    Gitlab,
    /// Quay: boto3, chunks are uploads of their own.
    #[serde(rename = "quay")]
    Quay,
    /// Gitea: minio-go, objects of known size.
    #[serde(rename = "gitea")]
    Gitea,
}

impl Profile {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Distribution28, Self::Distribution3, Self::Zot, Self::Harbor, Self::Gitlab, Self::Quay, Self::Gitea];
    /// Clients like distribution 2.8: path style always, upload found by listing, objects looked for by ListObjects.
    pub const D28: &[Self] = &[Self::Distribution28, Self::Harbor];
    /// Clients like distribution 3.
    pub const D3: &[Self] = &[Self::Distribution3, Self::Zot];
    /// All on distribution's S3 driver or a fork of it.
    pub const DRIVER: &[Self] = &[Self::Distribution28, Self::Distribution3, Self::Zot, Self::Harbor, Self::Gitlab];
    /// Clients of the newer AWS SDKs, which send checksums.
    pub const SDK2: &[Self] = &[Self::Gitlab, Self::Quay];
    /// Those that can send clients to the store.
    pub const REDIRECTS: &[Self] =
        &[Self::Distribution28, Self::Distribution3, Self::Harbor, Self::Gitlab, Self::Quay, Self::Gitea];

    /// Its name in arguments and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Distribution28 => "distribution-2.8",
            Self::Distribution3 => "distribution-3",
            Self::Zot => "zot",
            Self::Harbor => "harbor",
            Self::Gitlab => "gitlab",
            Self::Quay => "quay",
            Self::Gitea => "gitea",
        }
    }

    /// The profile of this name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|profile| profile.name() == name)
    }
}
