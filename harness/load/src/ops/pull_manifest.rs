//! `pull-manifest`: one of some manifests by its tag, as every pull begins.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shakedown_client::ClientError;
use shakedown_oci::{Reference, RepositoryName};

use super::{Done, Job, Operation, push_image};
use crate::lab::{Draw, Lab};
use crate::sizes::Sizes;

/// One of some manifests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PullManifest {
    /// How many there are.
    #[serde(default = "super::sixteen")]
    pub of: u32,
    /// How often, beside other operations.
    #[serde(default = "super::one")]
    pub weight: u32,
}

impl PullManifest {
    pub(super) fn problem(&self) -> Option<String> {
        super::too_many(self.of)
    }
}

pub(super) struct Op {
    spec: PullManifest,
    tags: Vec<(RepositoryName, Reference)>,
}

impl Op {
    pub(super) fn new(spec: PullManifest) -> Self {
        Self { spec, tags: Vec::new() }
    }
}

impl Operation for Op {
    fn prepare<'a>(&'a mut self, lab: &'a Lab) -> BoxFuture<'a, Result<(), ClientError>> {
        async move {
            for number in 0..u64::from(self.spec.of) {
                let mut draw = lab.prepared(number);
                let one_layer = Sizes::Fixed(shakedown_scenario::Size(1024));
                let image = push_image::image(lab, &mut draw, 1, &one_layer);
                push_image::push(lab, &draw, &image).await?;
                self.tags.push((lab.repository(draw.number), push_image::tag(draw.number)));
            }
            Ok(())
        }
        .boxed()
    }

    fn job<'a>(&'a self, lab: &'a Lab, mut draw: Draw) -> Job<'a> {
        let (repository, tag) = draw.one_of(&self.tags);
        async move {
            let pulled = lab.client.pull_manifest(repository, tag).await.result?;
            Ok(Done { bytes: pulled.descriptor.size, ..Done::default() })
        }
        .boxed()
    }
}
