//! `head-blob`: is it there? What clients ask most.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use shakedown_client::{ClientError, SourceError};

use super::some_blobs::Known;
pub use super::some_blobs::SomeBlobs as HeadBlob;
use super::{Done, Job, Operation};
use crate::lab::{Draw, Lab};

pub(super) struct Op {
    spec: HeadBlob,
    blobs: Vec<Known>,
}

impl Op {
    pub(super) fn new(spec: HeadBlob) -> Self {
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
        let Known { repository, digest, .. } = draw.one_of(&self.blobs);
        async move {
            match lab.client.head_blob(repository, digest).await.result? {
                Some(_) => Ok(Done::default()),
                None => Err(SourceError::new(digest, "a blob that was pushed is not there").into()),
            }
        }
        .boxed()
    }
}
