//! Blobs that are pushed beforehand, for the operations that work on one of them. Not an operation itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shakedown_client::ClientError;
use shakedown_oci::{Digest, RepositoryName};

use crate::compression::Compression;
use crate::lab::Lab;
use crate::sizes::Sizes;

/// One of some blobs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SomeBlobs {
    /// Their sizes.
    pub size: Sizes,
    /// How many there are.
    #[serde(default = "super::sixteen")]
    pub of: u32,
    /// How often, beside other operations.
    #[serde(default = "super::one")]
    pub weight: u32,
}

impl SomeBlobs {
    pub(super) fn problem(&self) -> Option<String> {
        self.size.problem().or_else(|| super::too_many(self.of))
    }

    pub(super) async fn push(&self, lab: &Lab) -> Result<Vec<Known>, ClientError> {
        push(lab, &self.size, self.of, Compression::None).await
    }
}

/// A blob that is there.
pub(super) struct Known {
    pub(super) repository: RepositoryName,
    pub(super) digest: Digest,
    /// In bytes.
    pub(super) size: u64,
}

/// Pushes `of` blobs, each into the repository of its number.
pub(super) async fn push(
    lab: &Lab,
    sizes: &Sizes,
    of: u32,
    compression: Compression,
) -> Result<Vec<Known>, ClientError> {
    lab.hash_ahead(sizes, compression).await;
    let mut blobs = Vec::new();
    for number in 0..u64::from(of) {
        let mut draw = lab.prepared(number);
        let (blob, repository) = (lab.fresh(&mut draw, sizes, compression), lab.repository(number));
        lab.push(&repository, &blob).await?;
        blobs.push(Known { repository, digest: blob.descriptor.digest, size: blob.descriptor.size });
    }
    Ok(blobs)
}
