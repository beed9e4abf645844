//! `list-referrers`: what refers to one of some manifests (signatures, attestations), all of it.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shakedown_client::{Blob, ClientError, SourceError, StoredManifest};
use shakedown_oci::{Digest, Flavor, ManifestBuilder, Reference, RepositoryName};

use super::{Done, Job, Operation, push_manifest};
use crate::compression::LAYER;
use crate::lab::{Draw, Lab};

/// What refers to one of some manifests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ListReferrers {
    /// How many manifests are asked about.
    #[serde(default = "super::sixteen")]
    pub of: u32,
    /// How many refer to each.
    #[serde(default = "super::sixteen")]
    pub referrers: u32,
    /// How often, beside other operations.
    #[serde(default = "super::one")]
    pub weight: u32,
}

impl ListReferrers {
    pub(super) fn problem(&self) -> Option<String> {
        let referrers = || super::too_many(self.referrers).map(|problem| problem.replace("`of:", "`referrers:"));
        super::too_many(self.of).or_else(referrers)
    }
}

pub(super) struct Op {
    spec: ListReferrers,
    subjects: Vec<(RepositoryName, Digest)>,
}

impl Op {
    pub(super) fn new(spec: ListReferrers) -> Self {
        Self { spec, subjects: Vec::new() }
    }
}

impl Operation for Op {
    fn prepare<'a>(&'a mut self, lab: &'a Lab) -> BoxFuture<'a, Result<(), ClientError>> {
        async move {
            let repository = lab.named("referrers");
            let blobs = [Blob::bytes(Flavor::Oci.config(), "{}"), Blob::bytes(LAYER, "layer")];
            for blob in &blobs {
                lab.push(&repository, blob).await?;
            }
            for number in 0..u64::from(self.spec.of) {
                let subject = push_manifest::manifest(&blobs, number);
                push_manifest::push(lab, &repository, number, &subject).await?;
                for referrer in 0..self.spec.referrers {
                    let manifest = referring(&blobs, &subject, referrer);
                    let by_digest = Reference::Digest(manifest.descriptor.digest.clone());
                    lab.client.push_manifest(&repository, &by_digest, &manifest).await.result?;
                }
                self.subjects.push((repository.clone(), subject.descriptor.digest));
            }
            Ok(())
        }
        .boxed()
    }

    fn job<'a>(&'a self, lab: &'a Lab, mut draw: Draw) -> Job<'a> {
        let (repository, subject) = draw.one_of(&self.subjects);
        let wanted = self.spec.referrers as usize;
        async move {
            let found = lab.client.referrers(repository, subject, None).await.result?.entries.len();
            if found != wanted {
                let what = format!("{found} referrers, and {wanted} were pushed");
                return Err(ClientError::Source(SourceError::new(subject.to_string(), what)));
            }
            Ok(Done::default())
        }
        .boxed()
    }
}

/// A signature of this number.
fn referring([config, layer]: &[Blob; 2], subject: &StoredManifest, number: u32) -> StoredManifest {
    let builder = ManifestBuilder::new(Flavor::Oci, config.descriptor.clone()).layer(layer.descriptor.clone());
    let builder = builder.subject(subject.descriptor.clone()).artifact_type("application/vnd.test.signature");
    let builder = builder.annotation("test.shakedown.number", number.to_string());
    StoredManifest::new(Flavor::Oci.manifest(), builder.render())
}
