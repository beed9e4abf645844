//! `mount`: a blob of one repository into another that has nothing yet.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shakedown_client::{ClientError, Mounted, SourceError};
use shakedown_oci::{Digest, RepositoryName};

use super::{Done, Job, Left, Operation, pull_blob, push_blob};
use crate::compression::Compression;
use crate::lab::{Draw, Lab};
use crate::sizes::Sizes;

/// One of some blobs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Mount {
    /// Their sizes.
    pub size: Sizes,
    /// How many there are.
    #[serde(default = "super::sixteen")]
    pub of: u32,
    /// How often, beside other operations.
    #[serde(default = "super::one")]
    pub weight: u32,
}

impl Mount {
    pub(super) fn problem(&self) -> Option<String> {
        self.size.problem().or_else(|| super::too_many(self.of))
    }
}

pub(super) struct Op {
    spec: Mount,
    blobs: Vec<(RepositoryName, Digest, u64)>,
}

impl Op {
    pub(super) fn new(spec: Mount) -> Self {
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
        let (from, digest, _) = draw.one_of(&self.blobs);
        let into = target(lab, draw.number);
        async move {
            match lab.client.mount(&into, digest, from).await.result? {
                Mounted::Done { .. } => Ok(Done::default()),
                Mounted::Upload(_) => Err(SourceError::new(digest, "not mounted: an upload was begun instead").into()),
            }
        }
        .boxed()
    }

    fn left_behind<'a>(&'a self, lab: &'a Lab, mut draw: Draw) -> Option<Left<'a>> {
        let (_, digest, size) = draw.one_of(&self.blobs);
        Some(push_blob::left_behind(lab, target(lab, draw.number), digest.clone(), *size))
    }
}

/// A repository that has nothing yet.
fn target(lab: &Lab, number: u64) -> RepositoryName {
    lab.named(&format!("m{number}"))
}
