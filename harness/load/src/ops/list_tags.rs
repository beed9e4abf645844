//! `list-tags`: all tags of a repository that has many, or a page of them.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::Request;
use rand::RngExt as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shakedown_client::{Blob, ClientError, SourceError};
use shakedown_oci::{Flavor, RepositoryName};
use shakedown_wire::Body;

use super::{Done, Job, Operation, push_manifest};
use crate::grown;
use crate::compression::LAYER;
use crate::lab::{Draw, Lab};

/// All tags of a repository, or a page of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ListTags {
    /// How many tags there are, in a repository of their own. If absent: those that the storage has grown in the load's first repository.
    #[serde(default)]
    pub tags: Option<u32>,
    /// How many are asked for; all if absent. Of grown tags those after one of them, so that pages begin everywhere.
    #[serde(default)]
    pub page: Option<u32>,
    /// How often, beside other operations.
    #[serde(default = "super::one")]
    pub weight: u32,
}

impl ListTags {
    pub(super) fn problem(&self) -> Option<String> {
        super::too_many(self.tags?).map(|problem| problem.replace("`of:", "`tags:"))
    }
}

pub(super) struct Op(ListTags);

impl Op {
    pub(super) fn new(spec: ListTags) -> Self {
        Self(spec)
    }

    fn repository(&self, lab: &Lab) -> RepositoryName {
        if self.0.tags.is_some() { lab.named("tags") } else { lab.repository(0) }
    }

    /// What is asked for: a page of grown tags begins after any of them that a whole page, and more, follows.
    fn query(&self, lab: &Lab, draw: &mut Draw) -> String {
        let Some(page) = self.0.page else { return String::new() };
        let last = lab.tags.saturating_sub(page.saturating_mul(2));
        if self.0.tags.is_some() || last == 0 {
            return format!("?n={page}");
        }
        format!("?n={page}&last={}", grown::tag(draw.rng.random_range(0..last)))
    }
}

impl Operation for Op {
    fn prepare<'a>(&'a mut self, lab: &'a Lab) -> BoxFuture<'a, Result<(), ClientError>> {
        async move {
            let Some(tags) = self.0.tags else { return Ok(()) };
            let repository = self.repository(lab);
            let blobs = [Blob::bytes(Flavor::Oci.config(), "{}"), Blob::bytes(LAYER, "layer")];
            for blob in &blobs {
                lab.push(&repository, blob).await?;
            }
            // One manifest under many tags: it is the tags that are listed.
            let manifest = push_manifest::manifest(&blobs, 0);
            for number in 0..u64::from(tags) {
                push_manifest::push(lab, &repository, number, &manifest).await?;
            }
            Ok(())
        }
        .boxed()
    }

    fn job<'a>(&'a self, lab: &'a Lab, mut draw: Draw) -> Job<'a> {
        let path = format!("/v2/{}/tags/list{}", self.repository(lab), self.query(lab, &mut draw));
        async move {
            let unable = |what: String| ClientError::Source(SourceError::new(&path, what));
            let request = Request::get(&path).body(Body::empty()).map_err(|error| unable(error.to_string()))?;
            let response = lab.client.call(request).await?;
            if response.status() != http::StatusCode::OK {
                return Err(unable(format!("status {}", response.status().as_u16())));
            }
            let bytes = response.into_body().drain().await.map_err(|error| unable(error.to_string()))?;
            Ok(Done { bytes, ..Done::default() })
        }
        .boxed()
    }
}
