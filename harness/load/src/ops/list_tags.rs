//! `list-tags`: all tags of a repository that has many.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::Request;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shakedown_client::{Blob, ClientError, SourceError};
use shakedown_oci::{Flavor, RepositoryName};
use shakedown_wire::Body;

use super::{Done, Job, Operation, push_manifest};
use crate::lab::{Draw, LAYER, Lab};

/// All tags of a repository, or the first page of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ListTags {
    /// How many tags there are.
    pub tags: u32,
    /// How many are asked for; all if absent.
    #[serde(default)]
    pub page: Option<u32>,
    /// How often, beside other operations.
    #[serde(default = "super::one")]
    pub weight: u32,
}

impl ListTags {
    pub(super) fn problem(&self) -> Option<String> {
        super::too_many(self.tags).map(|problem| problem.replace("`of:", "`tags:"))
    }
}

pub(super) struct Op(ListTags);

impl Op {
    pub(super) fn new(spec: ListTags) -> Self {
        Self(spec)
    }

    fn repository(lab: &Lab) -> RepositoryName {
        lab.named("tags")
    }
}

impl Operation for Op {
    fn prepare<'a>(&'a mut self, lab: &'a Lab) -> BoxFuture<'a, Result<(), ClientError>> {
        async move {
            let repository = Self::repository(lab);
            let blobs = [Blob::bytes(Flavor::Oci.config(), "{}"), Blob::bytes(LAYER, "layer")];
            for blob in &blobs {
                lab.push(&repository, blob).await?;
            }
            // One manifest under many tags: it is the tags that are listed.
            let manifest = push_manifest::manifest(&blobs, 0);
            for number in 0..u64::from(self.0.tags) {
                push_manifest::push(lab, &repository, number, &manifest).await?;
            }
            Ok(())
        }
        .boxed()
    }

    fn job<'a>(&'a self, lab: &'a Lab, _: Draw) -> Job<'a> {
        let query = self.0.page.map(|page| format!("?n={page}")).unwrap_or_default();
        let path = format!("/v2/{}/tags/list{query}", Self::repository(lab));
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
