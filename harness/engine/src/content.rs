//! The content of a scenario: images and blobs from `given`, made from the run's seed and the scenario's id, with known digests.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use indexmap::IndexMap;
use sha2::{Digest as _, Sha256};
use shakedown_client::{Blob, BlobSource, Content, Image, ImageSpec};
use shakedown_oci::{Descriptor, Flavor, media_type};
use shakedown_scenario::{BlobSpec, Given, ImageKind};
use shakedown_wire::Body;

use crate::vars::Vars;

/// All content by name.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    images: IndexMap<String, Image>,
    blobs: IndexMap<String, Blob>,
}

/// A number that depends on all its parts and on nothing else.
pub(crate) fn derive(seed: u64, parts: &[&str]) -> u64 {
    let mut hash = Sha256::new();
    hash.update(seed.to_be_bytes());
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let digest = hash.finalize();
    digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

impl Contents {
    /// Makes all content of `given` and names its digests and sizes in `vars`.
    pub(crate) fn make(given: &Given, seed: u64, id: &str, vars: &Vars) -> Result<Self, String> {
        let mut contents = Self::default();
        for (name, spec) in &given.images {
            let flavor = match spec.kind {
                ImageKind::Oci => Flavor::Oci,
                ImageKind::Docker => Flavor::Docker,
            };
            let spec = ImageSpec { flavor, ..ImageSpec::of_sizes(spec.layers.iter().map(|layer| layer.size.0)) };
            let image = spec.build(derive(seed, &[id, "image", name]));
            name_content(&format!("image.{name}"), &image.root().descriptor, vars);
            vars.set(format!("image.{name}.media-type"), image.root().descriptor.media_type.clone());
            for (number, blob) in image.blobs.iter().enumerate() {
                name_content(&format!("image.{name}.blobs.{number}"), &blob.descriptor, vars);
            }
            contents.images.insert(name.clone(), image);
        }
        for (name, spec) in &given.blobs {
            let blob = match spec {
                BlobSpec::Text(text) => Blob::bytes(media_type::OCTET_STREAM, Bytes::from(vars.fill(text)?)),
                BlobSpec::Size(size) => {
                    let content = Content { seed: derive(seed, &[id, "blob", name]), size: size.0 };
                    Blob::synthetic(media_type::OCTET_STREAM, content)
                }
            };
            name_content(&format!("blob.{name}"), &blob.descriptor, vars);
            contents.blobs.insert(name.clone(), blob);
        }
        Ok(contents)
    }

    /// The names of the images.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.images.keys().map(String::as_str)
    }

    /// An image of `given`.
    pub(crate) fn image(&self, name: &str) -> Result<&Image, String> {
        self.images.get(name).ok_or_else(|| format!("there is no image `{name}` in `given`"))
    }

    /// A blob of `given`.
    pub(crate) fn blob(&self, name: &str) -> Result<&Blob, String> {
        self.blobs.get(name).ok_or_else(|| format!("there is no blob `{name}` in `given`"))
    }

    /// The bytes behind `NAME` or `NAME@0-99` (inclusive).
    pub(crate) async fn bytes_of(&self, text: &str) -> Result<Body, String> {
        let (name, range) = match text.split_once('@') {
            Some((name, range)) => (name, Some(range)),
            None => (text, None),
        };
        let source: &Arc<dyn BlobSource> = &self.blob(name)?.source;
        let range = match range {
            Some(range) => part(range, source.size())
                .ok_or_else(|| format!("`{text}` is not a part of the blob: write NAME@FIRST-LAST"))?,
            None => 0..source.size(),
        };
        source.read(range).await.map_err(|error| format!("blob {name}: {error}"))
    }
}

fn part(text: &str, size: u64) -> Option<Range<u64>> {
    let (first, last) = text.split_once('-')?;
    let (first, last): (u64, u64) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    (first <= last && last < size).then_some(first..last + 1)
}

/// `${PREFIX.digest}`, `${PREFIX.hex}` and `${PREFIX.size}`.
fn name_content(prefix: &str, descriptor: &Descriptor, vars: &Vars) {
    vars.set(format!("{prefix}.digest"), descriptor.digest.to_string());
    vars.set(format!("{prefix}.hex"), descriptor.digest.hex());
    vars.set(format!("{prefix}.size"), descriptor.size.to_string());
}

/// `sha256:<hex>` of what was hashed.
pub(crate) fn digest_text(hash: Sha256) -> String {
    format!("sha256:{}", hex::encode(hash.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_numbers_depend_on_every_part() {
        let base = derive(1, &["a", "b"]);
        assert_eq!(base, derive(1, &["a", "b"]));
        for other in [derive(2, &["a", "b"]), derive(1, &["ab"]), derive(1, &["ab", ""]), derive(1, &["b", "a"])] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn parts_are_inclusive_and_inside() {
        assert_eq!(part("0-99", 100), Some(0..100));
        assert_eq!(part("5-5", 100), Some(5..6));
        for bad in ["0-100", "5-4", "x-1", "7"] {
            assert_eq!(part(bad, 100), None, "{bad}");
        }
    }
}
