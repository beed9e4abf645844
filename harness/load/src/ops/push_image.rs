//! `push-image`: layers, config and manifest that are not there yet, as docker pushes them.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shakedown_client::{Blob, ClientError, Image, SourceError, StoredManifest};
use shakedown_oci::{Digest, Flavor, ManifestBuilder, Reference};

use super::{Done, Job, Left, Operation};
use crate::compression::Compression;
use crate::lab::{Draw, Lab};
use crate::sizes::Sizes;

/// Most layers of an image, as docker has it.
const MOST_LAYERS: u32 = 127;

/// An image that is not there yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PushImage {
    /// How many layers.
    pub layers: u32,
    /// The size of each.
    pub size: Sizes,
    /// How often, beside other operations.
    #[serde(default = "super::one")]
    pub weight: u32,
}

impl PushImage {
    pub(super) fn problem(&self) -> Option<String> {
        self.size.problem().or_else(|| too_many_layers(self.layers))
    }
}

pub(super) fn too_many_layers(layers: u32) -> Option<String> {
    (layers > MOST_LAYERS).then(|| format!("`layers: {layers}` must be at most {MOST_LAYERS}"))
}

pub(super) struct Op(PushImage);

impl Op {
    pub(super) fn new(spec: PushImage) -> Self {
        Self(spec)
    }
}

impl Operation for Op {
    fn prepare<'a>(&'a mut self, _: &'a Lab) -> BoxFuture<'a, Result<(), ClientError>> {
        std::future::ready(Ok(())).boxed()
    }

    fn job<'a>(&'a self, lab: &'a Lab, mut draw: Draw) -> Job<'a> {
        let image = image(lab, &mut draw, self.0.layers, &self.0.size);
        async move { push(lab, &draw, &image).await }.boxed()
    }

    fn left_behind<'a>(&'a self, lab: &'a Lab, mut draw: Draw) -> Option<Left<'a>> {
        let image = image(lab, &mut draw, self.0.layers, &self.0.size);
        Some(left_behind(lab, draw.number, image.root().descriptor.digest.clone()))
    }
}

/// An image of this draw.
pub(super) fn image(lab: &Lab, draw: &mut Draw, layers: u32, sizes: &Sizes) -> Image {
    let config = config_of(draw.number);
    let config = Blob::bytes(Flavor::Oci.config(), config);
    let mut builder = ManifestBuilder::new(Flavor::Oci, config.descriptor.clone());
    let mut blobs = vec![config];
    for layer in 0..u64::from(layers) {
        let size = sizes.draw(&mut draw.rng);
        // Layers of one image differ from each other and from those of all other images.
        let blob = lab.maker.blob(Compression::None, draw.number.rotate_left(8) ^ (layer + 1) << 52, size);
        builder = builder.layer(blob.descriptor.clone());
        blobs.push(blob);
    }
    Image::new(blobs, StoredManifest::new(Flavor::Oci.manifest(), builder.render()))
}

/// A config of its own for each image.
fn config_of(number: u64) -> String {
    format!(
        r#"{{"architecture":"amd64","os":"linux","config":{{"Labels":{{"number":"{number}"}}}},"rootfs":{{"type":"layers","diff_ids":[]}}}}"#
    )
}

/// Pushes it to the repository and tag of its number.
pub(super) async fn push(lab: &Lab, draw: &Draw, image: &Image) -> Result<Done, ClientError> {
    let repository = lab.repository(draw.number);
    lab.client.push_image(&repository, &tag(draw.number), image, &Default::default()).await.result?;
    Ok(Done { bytes: image.size(), ..Done::default() })
}

/// The image, or the manifest with all it references, under the tag of this number.
pub(super) fn left_behind(lab: &Lab, number: u64, digest: Digest) -> Left<'_> {
    let (repository, tag) = (lab.repository(number), tag(number));
    let name = format!("{repository}/manifests/{tag}");
    let read = async move {
        let pulled = Box::pin(lab.client.pull_image(&repository, &tag, &Default::default(), None)).await.result?;
        match pulled.root == digest {
            true => Ok(()),
            false => Err(SourceError::new(&tag, "the tag points elsewhere").into()),
        }
    };
    Left { name, read: read.boxed() }
}

/// The tag of this number.
pub(super) fn tag(number: u64) -> Reference {
    format!("t{number}").parse().expect("letters and digits are a tag")
}
