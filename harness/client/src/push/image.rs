//! Pushing a whole image: its blobs, several at a time, then its manifests from the leaves to the root.

use futures_util::{StreamExt, TryStreamExt};
use shakedown_oci::{Digest, Reference, RepositoryName};

use super::{PushBlob, PushedBlob, PushedManifest};
use crate::client::{Client, Op};
use crate::content::Image;
use crate::{ClientError, Outcome};

/// How to push an image.
#[derive(Debug, Clone)]
pub struct PushImage {
    /// How each blob is pushed.
    pub blob: PushBlob,
    /// Blobs at the same time; at least one.
    pub concurrency: usize,
}

impl Default for PushImage {
    /// As docker does it: HEAD first, streamed, three blobs at a time.
    fn default() -> Self {
        Self { blob: PushBlob { head_first: true, ..PushBlob::default() }, concurrency: 3 }
    }
}

/// An image that was pushed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushedImage {
    /// Digest of the root manifest.
    pub digest: Digest,
    /// Blobs, in the image's order.
    pub blobs: Vec<PushedBlob>,
    /// Manifests, children first.
    pub manifests: Vec<PushedManifest>,
    /// Bytes of blobs that were sent, repeated ones included.
    pub bytes_sent: u64,
}

impl Client {
    /// Pushes an image; children by digest, the root as `reference`. Stops at the first blob that fails.
    pub async fn push_image(
        &self,
        repository: &RepositoryName,
        reference: &Reference,
        image: &Image,
        how: &PushImage,
    ) -> Outcome<PushedImage> {
        let op = self.op();
        let result = Box::pin(op.push_image(repository, reference, image, how)).await;
        op.ledger.finish(result)
    }
}

impl Op<'_> {
    async fn push_image(
        &self,
        repository: &RepositoryName,
        reference: &Reference,
        image: &Image,
        how: &PushImage,
    ) -> Result<PushedImage, ClientError> {
        let pushes: Vec<_> =
            image.blobs.iter().map(|blob| Box::pin(self.push_blob(repository, blob, &how.blob))).collect();
        let blobs: Vec<_> = futures_util::stream::iter(pushes).buffered(how.concurrency.max(1)).try_collect().await?;
        let mut manifests = Vec::with_capacity(image.manifests().len());
        for child in image.children() {
            let digest = Reference::Digest(child.descriptor.digest.clone());
            manifests.push(self.push_manifest(repository, &digest, child).await?);
        }
        let root = self.push_manifest(repository, reference, image.root()).await?;
        let digest = root.digest.clone();
        manifests.push(root);
        let bytes_sent = blobs.iter().map(|blob: &PushedBlob| blob.bytes_sent).sum();
        Ok(PushedImage { digest, blobs, manifests, bytes_sent })
    }
}
