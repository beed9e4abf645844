//! `mount`: a blob of one repository into another that has nothing yet.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use shakedown_client::{ClientError, Mounted, SourceError};
use shakedown_oci::RepositoryName;

use super::some_blobs::Known;
pub use super::some_blobs::SomeBlobs as Mount;
use super::{Done, Job, Left, Operation, push_blob};
use crate::lab::{Draw, Lab};

pub(super) struct Op {
    spec: Mount,
    blobs: Vec<Known>,
}

impl Op {
    pub(super) fn new(spec: Mount) -> Self {
        Self { spec, blobs: Vec::new() }
    }
}

impl Operation for Op {
    fn prepare<'a>(&'a mut self, lab: &'a Lab) -> BoxFuture<'a, Result<(), ClientError>> {
        async move {
            self.blobs = self.spec.push(lab).await?;
            Ok(())
        }
        .boxed()
    }

    fn job<'a>(&'a self, lab: &'a Lab, mut draw: Draw) -> Job<'a> {
        let Known { repository: from, digest, .. } = draw.one_of(&self.blobs);
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
        let Known { digest, size, .. } = draw.one_of(&self.blobs);
        Some(push_blob::left_behind(lab, target(lab, draw.number), digest.clone(), *size))
    }
}

/// A repository that has nothing yet.
fn target(lab: &Lab, number: u64) -> RepositoryName {
    lab.named(&format!("m{number}"))
}
