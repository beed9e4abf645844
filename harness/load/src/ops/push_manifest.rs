//! `push-manifest`: a new manifest to a new tag; its config and its layer are there already.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shakedown_client::{Blob, ClientError, StoredManifest};
use shakedown_oci::{Flavor, ManifestBuilder, RepositoryName};

use super::{Done, Job, Left, Operation, push_image};
use crate::compression::Compression;
use crate::lab::{Draw, Lab};

/// Bytes of the layer.
const LAYER_BYTES: u64 = 1024;

/// A new manifest to a new tag.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PushManifest {
    /// How often, beside other operations.
    #[serde(default = "super::one")]
    pub weight: u32,
}

impl PushManifest {
    pub(super) fn problem(&self) -> Option<String> {
        None
    }
}

pub(super) struct Op {
    /// Config and layer of every manifest; the same in every repository.
    blobs: Option<[Blob; 2]>,
}

impl Op {
    pub(super) fn new(_: PushManifest) -> Self {
        Self { blobs: None }
    }
}

impl Operation for Op {
    fn prepare<'a>(&'a mut self, lab: &'a Lab) -> BoxFuture<'a, Result<(), ClientError>> {
        async move {
            let config = Blob::bytes(Flavor::Oci.config(), "{}");
            let layer = lab.maker.blob(Compression::None, lab.prepared(0).number, LAYER_BYTES);
            for number in 0..u64::from(lab.repositories) {
                let repository = lab.repository(number);
                lab.push(&repository, &config).await?;
                lab.push(&repository, &layer).await?;
            }
            self.blobs = Some([config, layer]);
            Ok(())
        }
        .boxed()
    }

    fn job<'a>(&'a self, lab: &'a Lab, draw: Draw) -> Job<'a> {
        let manifest = manifest(self.blobs.as_ref().expect("prepared before"), draw.number);
        let repository = lab.repository(draw.number);
        async move { push(lab, &repository, draw.number, &manifest).await }.boxed()
    }

    fn left_behind<'a>(&'a self, lab: &'a Lab, draw: Draw) -> Option<Left<'a>> {
        let manifest = manifest(self.blobs.as_ref().expect("prepared before"), draw.number);
        Some(push_image::left_behind(lab, draw.number, manifest.descriptor.digest))
    }
}

/// The manifest with this number.
pub(super) fn manifest([config, layer]: &[Blob; 2], number: u64) -> StoredManifest {
    let builder = ManifestBuilder::new(Flavor::Oci, config.descriptor.clone()).layer(layer.descriptor.clone());
    let builder = builder.annotation("test.shakedown.number", number.to_string());
    StoredManifest::new(Flavor::Oci.manifest(), builder.render())
}

/// Pushes it to the tag of its number.
pub(super) async fn push(
    lab: &Lab,
    repository: &RepositoryName,
    number: u64,
    manifest: &StoredManifest,
) -> Result<Done, ClientError> {
    lab.client.push_manifest(repository, &push_image::tag(number), manifest).await.result?;
    Ok(Done { bytes: manifest.bytes.len() as u64, ..Done::default() })
}
