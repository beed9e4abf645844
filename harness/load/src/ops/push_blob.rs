//! `push-blob`: a blob that is not there yet.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shakedown_client::{ClientError, PushMode};
use shakedown_oci::{Digest, RepositoryName};

use super::{Done, Job, Left, Operation};
use crate::compression::Compression;
use crate::lab::{Draw, Lab};
use crate::sizes::Sizes;

/// A blob that is not there yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PushBlob {
    /// Its size.
    pub size: Sizes,
    /// How they are packed.
    #[serde(default)]
    pub compression: Compression,
    /// By which requests.
    #[serde(default)]
    pub by: By,
    /// How often, beside other operations.
    #[serde(default = "super::one")]
    pub weight: u32,
}

/// The requests of a push.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// As docker and skopeo do it.
    #[default]
    PostPatchPut,
    /// As containerd does it.
    PostPut,
    /// One request.
    Post,
}

impl From<By> for PushMode {
    fn from(by: By) -> Self {
        match by {
            By::PostPatchPut => Self::Streamed,
            By::PostPut => Self::Monolithic,
            By::Post => Self::SinglePost,
        }
    }
}

impl PushBlob {
    pub(super) fn problem(&self) -> Option<String> {
        self.size.problem()
    }
}

pub(super) struct Op(PushBlob);

impl Op {
    pub(super) fn new(spec: PushBlob) -> Self {
        Self(spec)
    }
}

impl Operation for Op {
    fn prepare<'a>(&'a mut self, lab: &'a Lab) -> BoxFuture<'a, Result<(), ClientError>> {
        lab.hash_ahead(&self.0.size, self.0.compression).map(Ok).boxed()
    }

    fn job<'a>(&'a self, lab: &'a Lab, mut draw: Draw) -> Job<'a> {
        let blob = lab.fresh(&mut draw, &self.0.size, self.0.compression);
        let repository = lab.repository(draw.number);
        let how = shakedown_client::PushBlob { mode: self.0.by.into(), ..Default::default() };
        async move {
            let pushed = lab.client.push_blob(&repository, &blob, &how).await.result?;
            Ok(Done { bytes: pushed.size, ..Done::default() })
        }
        .boxed()
    }

    fn left_behind<'a>(&'a self, lab: &'a Lab, mut draw: Draw) -> Option<Left<'a>> {
        let blob = lab.fresh(&mut draw, &self.0.size, self.0.compression).descriptor;
        Some(left_behind(lab, lab.repository(draw.number), blob.digest, blob.size))
    }
}

/// The blob in this repository.
pub(super) fn left_behind(lab: &Lab, repository: RepositoryName, digest: Digest, size: u64) -> Left<'_> {
    let name = format!("{repository}/blobs/{digest}");
    let read = async move { lab.client.pull_blob(&repository, &digest, Some(size), None).await.result.map(drop) };
    Left { name, read: read.boxed() }
}
