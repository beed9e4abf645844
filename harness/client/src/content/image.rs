//! An image as a set of blobs and manifests, ready to be pushed, and its summary, ready to be compared.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use shakedown_oci::{Descriptor, Digest, Flavor, IndexBuilder, Platform};

use super::Blob;

/// A manifest as bytes, with its descriptor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredManifest {
    /// Media type, digest and size.
    pub descriptor: Descriptor,
    /// The bytes as they are stored.
    pub bytes: Bytes,
}

impl StoredManifest {
    /// A manifest; its digest is computed.
    pub fn new(media_type: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self { descriptor: Descriptor::of(media_type, &bytes), bytes }
    }
}

/// Blobs, and manifests in the order in which they can be pushed: children first, the root last.
#[derive(Debug, Clone)]
pub struct Image {
    /// Every blob once.
    pub blobs: Vec<Blob>,
    /// At least one; the last is the root.
    manifests: Vec<StoredManifest>,
}

impl Image {
    /// An image of one manifest. Blobs with the same digest are kept once.
    pub fn new(blobs: Vec<Blob>, root: StoredManifest) -> Self {
        Self::with_children(blobs, Vec::new(), root)
    }

    /// An image whose root lists `children`.
    pub fn with_children(blobs: Vec<Blob>, children: Vec<StoredManifest>, root: StoredManifest) -> Self {
        let mut seen = BTreeSet::new();
        let blobs = blobs.into_iter().filter(|blob| seen.insert(blob.descriptor.digest.clone())).collect();
        let mut seen = BTreeSet::from([root.descriptor.digest.clone()]);
        let mut manifests: Vec<_> =
            children.into_iter().filter(|child| seen.insert(child.descriptor.digest.clone())).collect();
        manifests.push(root);
        Self { blobs, manifests }
    }

    /// An index or manifest list over one image per platform.
    pub fn index(flavor: Flavor, images: Vec<(Platform, Self)>) -> Self {
        let mut index = IndexBuilder::new(flavor);
        let (mut blobs, mut children) = (Vec::new(), Vec::new());
        for (platform, image) in images {
            index = index.manifest(Descriptor { platform: Some(platform), ..image.root().descriptor.clone() });
            blobs.extend(image.blobs);
            children.extend(image.manifests);
        }
        Self::with_children(blobs, children, StoredManifest::new(flavor.index(), index.render()))
    }

    /// All manifests, children first.
    pub fn manifests(&self) -> &[StoredManifest] {
        &self.manifests
    }

    /// The manifest that a tag points at.
    pub fn root(&self) -> &StoredManifest {
        self.manifests.last().expect("the constructors put a root in")
    }

    /// The manifests below the root.
    pub fn children(&self) -> &[StoredManifest] {
        &self.manifests[..self.manifests.len() - 1]
    }

    /// Sum of the sizes of blobs and manifests.
    pub fn size(&self) -> u64 {
        let blobs: u64 = self.blobs.iter().map(|blob| blob.descriptor.size).sum();
        blobs + self.manifests.iter().map(|manifest| manifest.descriptor.size).sum::<u64>()
    }

    /// What must come back.
    pub fn summary(&self) -> ImageSummary {
        ImageSummary {
            root: self.root().descriptor.digest.clone(),
            manifests: self.manifests.iter().map(|m| (m.descriptor.digest.clone(), m.descriptor.size)).collect(),
            blobs: self.blobs.iter().map(|b| (b.descriptor.digest.clone(), b.descriptor.size)).collect(),
        }
    }
}

/// All digests and sizes of an image: two images with equal summaries are byte for byte the same.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ImageSummary {
    /// Digest of the root manifest.
    pub root: Digest,
    /// Size of every manifest.
    pub manifests: BTreeMap<Digest, u64>,
    /// Size of every blob.
    pub blobs: BTreeMap<Digest, u64>,
}

impl ImageSummary {
    /// The first difference from `expected`, in words; `None` if there is none.
    pub fn difference(&self, expected: &Self) -> Option<String> {
        if self.root != expected.root {
            return Some(format!("the manifest is {}, expected {}", self.root, expected.root));
        }
        difference("manifest", &self.manifests, &expected.manifests)
            .or_else(|| difference("blob", &self.blobs, &expected.blobs))
    }
}

fn difference(what: &str, actual: &BTreeMap<Digest, u64>, expected: &BTreeMap<Digest, u64>) -> Option<String> {
    for (digest, size) in expected {
        match actual.get(digest) {
            None => return Some(format!("the {what} {digest} is missing")),
            Some(found) if found != size => {
                return Some(format!("the {what} {digest} has {found} bytes, expected {size}"));
            }
            Some(_) => {}
        }
    }
    let extra = actual.keys().find(|digest| !expected.contains_key(digest))?;
    Some(format!("the {what} {extra} is not part of the image"))
}
