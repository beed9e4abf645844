//! `pull-blob`: one of some blobs, with the time to its first byte.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::Request;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shakedown_client::{ClientError, SourceError};
use shakedown_oci::{Digest, Hasher, RepositoryName};
use shakedown_wire::Body;
use tokio::time::Instant;

use super::some_blobs::{self, Known};
use super::{Done, Job, Operation};
use crate::compression::{Compression, Unpacker};
use crate::lab::{Draw, Lab};
use crate::sizes::Sizes;

/// One of some blobs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PullBlob {
    /// Their sizes.
    pub size: Sizes,
    /// How many there are.
    #[serde(default = "super::sixteen")]
    pub of: u32,
    /// How they are packed; unless `none`, they are unpacked while they come, on a thread of its own.
    #[serde(default)]
    pub compression: Compression,
    /// What is looked at.
    #[serde(default)]
    pub check: Check,
    /// How often, beside other operations.
    #[serde(default = "super::one")]
    pub weight: u32,
}

/// What is looked at of a blob that was pulled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// Its digest, as every client does.
    #[default]
    Digest,
    /// Its length only: hashing a large blob takes longer than sending it.
    Length,
}

impl PullBlob {
    pub(super) fn problem(&self) -> Option<String> {
        self.size.problem().or_else(|| super::too_many(self.of))
    }
}

pub(super) struct Op {
    spec: PullBlob,
    blobs: Vec<Known>,
}

impl Op {
    pub(super) fn new(spec: PullBlob) -> Self {
        Self { spec, blobs: Vec::new() }
    }
}

impl Operation for Op {
    fn prepare<'a>(&'a mut self, lab: &'a Lab) -> BoxFuture<'a, Result<(), ClientError>> {
        async move {
            self.blobs = some_blobs::push(lab, &self.spec.size, self.spec.of, self.spec.compression).await?;
            Ok(())
        }
        .boxed()
    }

    fn job<'a>(&'a self, lab: &'a Lab, mut draw: Draw) -> Job<'a> {
        let Known { repository, digest, size } = draw.one_of(&self.blobs);
        let hasher = (self.spec.check == Check::Digest).then(|| Hasher::new(digest.algorithm()));
        let compression = self.spec.compression;
        async move { pull(lab, repository, digest, *size, hasher, compression).await }.boxed()
    }
}

/// By hand and not by the client's `pull_blob`, which tells no time to the first byte.
pub(super) async fn pull(
    lab: &Lab,
    repository: &RepositoryName,
    digest: &Digest,
    size: u64,
    mut hasher: Option<Hasher>,
    compression: Compression,
) -> Result<Done, ClientError> {
    let began = Instant::now();
    let path = format!("/v2/{repository}/blobs/{digest}");
    let unable = |what: String| ClientError::Source(SourceError::new(&path, what));
    let request = Request::get(&path).body(Body::empty()).map_err(|error| unable(error.to_string()))?;
    let response = lab.client.call(request).await?;
    if response.status() != http::StatusCode::OK {
        return Err(unable(format!("status {}", response.status().as_u16())));
    }
    let (mut body, mut first_byte, mut bytes) = (response.into_body(), None, 0);
    let unpacker = (compression != Compression::None).then(|| Unpacker::start(compression));
    while let Some(frame) = body.next().await {
        let frame = frame.map_err(|error| unable(error.to_string()))?;
        first_byte.get_or_insert_with(|| began.elapsed());
        bytes += frame.len() as u64;
        if let Some(hasher) = &mut hasher {
            hasher.update(&frame);
        }
        if let Some(unpacker) = &unpacker {
            unpacker.push(frame).await;
        }
    }
    let transfer = began.elapsed();
    if bytes != size {
        return Err(unable("wrong length".to_owned()));
    }
    if hasher.is_some_and(|hasher| hasher.finish() != *digest) {
        return Err(unable("wrong digest".to_owned()));
    }
    let unpacked = match unpacker {
        Some(unpacker) => {
            let unpacked = unpacker.finish().await.map_err(|error| unable(format!("cannot be unpacked: {error}")))?;
            Some((transfer, unpacked))
        }
        None => None,
    };
    Ok(Done { bytes, first_byte, unpacked })
}
