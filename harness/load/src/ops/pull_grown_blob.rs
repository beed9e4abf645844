//! `pull-grown-blob`: blobs that were in the storage before the registry was started, each in its turn: nothing of them is in any cache.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shakedown_client::ClientError;
use shakedown_oci::Hasher;

use super::{Job, Operation, pull_blob};
use crate::compression::Compression;
use crate::grown;
use crate::lab::{Draw, Lab};

/// The next of the blobs that the storage has grown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PullGrownBlob {
    /// How often, beside other operations.
    #[serde(default = "super::one")]
    pub weight: u32,
}

impl PullGrownBlob {
    pub(super) fn problem(&self) -> Option<String> {
        None
    }
}

pub(super) struct Op;

impl Op {
    pub(super) fn new(_: PullGrownBlob) -> Self {
        Self
    }
}

impl Operation for Op {
    fn prepare<'a>(&'a mut self, _: &'a Lab) -> BoxFuture<'a, Result<(), ClientError>> {
        std::future::ready(Ok(())).boxed()
    }

    fn job<'a>(&'a self, lab: &'a Lab, draw: Draw) -> Job<'a> {
        let repository = lab.repository(0);
        async move {
            let (digest, size) = grown::blob(draw.number, lab.blobs);
            let hasher = Some(Hasher::new(digest.algorithm()));
            pull_blob::pull(lab, &repository, &digest, size, hasher, Compression::None).await
        }
        .boxed()
    }
}
