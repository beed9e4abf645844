//! `head-blob`: is it there? What clients ask most.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shakedown_client::{ClientError, SourceError};
use shakedown_oci::{Digest, RepositoryName};

use super::{Done, Job, Operation, pull_blob};
use crate::compression::Compression;
use crate::lab::{Draw, Lab};
use crate::sizes::Sizes;

/// One of some blobs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct HeadBlob {
    /// Their sizes.
    pub size: Sizes,
    /// How many there are.
    #[serde(default = "super::sixteen")]
    pub of: u32,
    /// How often, beside other operations.
    #[serde(default = "super::one")]
    pub weight: u32,
}

impl HeadBlob {
    pub(super) fn problem(&self) -> Option<String> {
        self.size.problem().or_else(|| super::too_many(self.of))
    }
}

pub(super) struct Op {
    spec: HeadBlob,
    blobs: Vec<(RepositoryName, Digest, u64)>,
}

impl Op {
    pub(super) fn new(spec: HeadBlob) -> Self {
        Self { spec, blobs: Vec::new() }
    }
}

impl Operation for Op {
    fn prepare<'a>(&'a mut self, lab: &'a Lab) -> BoxFuture<'a, Result<(), ClientError>> {
        async move {
            self.blobs = pull_blob::blobs(lab, &self.spec.size, self.spec.of, Compression::None).await?;
            Ok(())
        }
        .boxed()
    }

    fn job<'a>(&'a self, lab: &'a Lab, mut draw: Draw) -> Job<'a> {
        let (repository, digest, _) = draw.one_of(&self.blobs);
        async move {
            match lab.client.head_blob(repository, digest).await.result? {
                Some(_) => Ok(Done::default()),
                None => Err(SourceError::new(digest, "a blob that was pushed is not there").into()),
            }
        }
        .boxed()
    }
}
