//! Synthetic images: what they are made of, and making them. The same spec and seed give the same bytes.

use std::collections::BTreeMap;

use bytes::Bytes;
use shakedown_oci::{Descriptor, Flavor, ManifestBuilder, Platform};

use super::{Blob, Content, Image, StoredManifest};

/// One layer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LayerSpec {
    /// Its size in bytes.
    pub size: u64,
    /// Its media type; the flavor's gzip layer if absent.
    pub media_type: Option<String>,
}

/// A synthetic image.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImageSpec {
    /// In whose media types it is written.
    pub flavor: Flavor,
    /// Layers, lowest first.
    pub layers: Vec<LayerSpec>,
    /// The config's bytes; made from the rest if absent.
    pub config: Option<Bytes>,
    /// Annotations of the manifest.
    pub annotations: BTreeMap<String, String>,
    /// For which machine; `linux/amd64` if absent.
    pub platform: Option<Platform>,
    /// What the manifest refers to.
    pub subject: Option<Descriptor>,
    /// Type of the artifact.
    pub artifact_type: Option<String>,
}

impl ImageSpec {
    /// An image with layers of these sizes.
    pub fn of_sizes(sizes: impl IntoIterator<Item = u64>) -> Self {
        Self { layers: sizes.into_iter().map(|size| LayerSpec { size, media_type: None }).collect(), ..Self::default() }
    }

    /// Makes the image: hashes every layer once, keeps none in memory. Layer `n` has the seed `seed + n`, spread out.
    pub fn build(&self, seed: u64) -> Image {
        let layers: Vec<_> = self
            .layers
            .iter()
            .zip(0_u64..)
            .map(|(layer, index)| {
                let media_type = layer.media_type.clone().unwrap_or_else(|| self.flavor.layer().to_owned());
                // Neighbouring seeds of a run would give two images a layer in common; the golden ratio keeps them apart.
                let seed = seed.wrapping_add(index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
                Blob::synthetic(media_type, Content::new(seed, layer.size))
            })
            .collect();
        let config = self.config.clone().unwrap_or_else(|| self.make_config(&layers));
        let config = Blob::bytes(self.flavor.config(), config);
        let mut builder = ManifestBuilder::new(self.flavor, config.descriptor.clone());
        for layer in &layers {
            builder = builder.layer(layer.descriptor.clone());
        }
        for (key, value) in &self.annotations {
            builder = builder.annotation(key, value);
        }
        if let Some(subject) = &self.subject {
            builder = builder.subject(subject.clone());
        }
        if let Some(artifact_type) = &self.artifact_type {
            builder = builder.artifact_type(artifact_type);
        }
        let blobs = std::iter::once(config).chain(layers).collect();
        Image::new(blobs, StoredManifest::new(self.flavor.manifest(), builder.render()))
    }

    /// A config that names the layers, so that two images with different layers never share one.
    fn make_config(&self, layers: &[Blob]) -> Bytes {
        let platform = self.platform.clone().unwrap_or_else(|| Platform {
            architecture: "amd64".into(),
            os: "linux".into(),
            variant: None,
        });
        let diff_ids: Vec<_> = layers.iter().map(|layer| layer.descriptor.digest.to_string()).collect();
        let config = serde_json::json!({
            "architecture": platform.architecture,
            "os": platform.os,
            "config": {},
            "rootfs": { "type": "layers", "diff_ids": diff_ids },
        });
        config.to_string().into()
    }
}

#[cfg(test)]
mod tests {
    use shakedown_oci::{Manifest, ManifestKind};

    use super::*;

    #[test]
    fn images_repeat_from_their_seed() {
        let spec = ImageSpec::of_sizes([100_000, 0, 5]);
        let image = spec.build(7);
        assert_eq!(image.summary(), spec.build(7).summary());
        assert_ne!(image.summary(), spec.build(8).summary());
        insta::assert_snapshot!(String::from_utf8_lossy(&image.root().bytes));
        let manifest = Manifest::parse(&image.root().bytes, None).unwrap();
        assert_eq!(manifest.blobs().count(), 4);
        assert_eq!(
            image.size(),
            image.blobs.iter().map(|b| b.descriptor.size).sum::<u64>() + image.root().bytes.len() as u64
        );
    }

    #[test]
    fn a_docker_image_speaks_docker() {
        let image = ImageSpec { flavor: Flavor::Docker, ..ImageSpec::of_sizes([1]) }.build(1);
        let manifest = Manifest::parse(&image.root().bytes, None).unwrap();
        assert_eq!(manifest.kind, ManifestKind::DockerManifest);
        assert!(manifest.blobs().all(|blob| blob.media_type.contains("docker")));
    }

    #[test]
    fn an_index_shares_what_its_images_share() {
        let (amd, arm) = ("linux/amd64".parse().unwrap(), "linux/arm64".parse().unwrap());
        let one = ImageSpec::of_sizes([10]).build(1);
        let index = Image::index(Flavor::Oci, vec![(amd, one.clone()), (arm, one.clone())]);
        assert_eq!(index.blobs.len(), 2);
        assert_eq!(index.children().len(), 1);
        assert_eq!(Manifest::parse(&index.root().bytes, None).unwrap().manifests.len(), 2);
        let difference = one.summary().difference(&index.summary()).unwrap();
        assert!(difference.starts_with("the manifest is sha256:"), "{difference}");
        let mut less = index.summary();
        less.blobs.pop_first();
        assert!(less.difference(&index.summary()).unwrap().ends_with("is missing"));
        assert!(index.summary().difference(&less).unwrap().ends_with("is not part of the image"));
    }
}
