//! `pull-image`: one of some images, all of it, verified.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shakedown_client::ClientError;
use shakedown_oci::{Reference, RepositoryName};

use super::{Done, Job, Operation, push_image};
use crate::lab::{Draw, Lab};
use crate::sizes::Sizes;

/// One of some images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PullImage {
    /// How many layers.
    pub layers: u32,
    /// The size of each.
    pub size: Sizes,
    /// How many images there are.
    #[serde(default = "super::sixteen")]
    pub of: u32,
    /// How often, beside other operations.
    #[serde(default = "super::one")]
    pub weight: u32,
}

impl PullImage {
    pub(super) fn problem(&self) -> Option<String> {
        let layers = push_image::too_many_layers(self.layers);
        self.size.problem().or(layers).or_else(|| super::too_many(self.of))
    }
}

pub(super) struct Op {
    spec: PullImage,
    images: Vec<(RepositoryName, Reference, u64)>,
}

impl Op {
    pub(super) fn new(spec: PullImage) -> Self {
        Self { spec, images: Vec::new() }
    }
}

impl Operation for Op {
    fn prepare<'a>(&'a mut self, lab: &'a Lab) -> BoxFuture<'a, Result<(), ClientError>> {
        async move {
            for number in 0..u64::from(self.spec.of) {
                let mut draw = lab.prepared(number);
                let image = push_image::image(lab, &mut draw, self.spec.layers, &self.spec.size);
                let done = push_image::push(lab, &draw, &image).await?;
                self.images.push((lab.repository(draw.number), push_image::tag(draw.number), done.bytes));
            }
            Ok(())
        }
        .boxed()
    }

    fn job<'a>(&'a self, lab: &'a Lab, mut draw: Draw) -> Job<'a> {
        let (repository, tag, bytes) = draw.one_of(&self.images);
        async move {
            Box::pin(lab.client.pull_image(repository, tag, &Default::default(), None)).await.result?;
            Ok(Done { bytes: *bytes, ..Done::default() })
        }
        .boxed()
    }
}
