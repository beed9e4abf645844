//! Pulling a whole image: the root, what it lists, then every blob once, several at a time.

use std::collections::BTreeSet;

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, TryStreamExt};
use shakedown_oci::{Descriptor, Digest, Platform, Reference, RepositoryName};

use super::{PulledBlob, PulledManifest};
use crate::client::{Client, Op};
use crate::content::{Blob, Image, ImageSummary, ImageTarget, RemoteBlob, StoredManifest};
use crate::{ClientError, Finding, Outcome};

/// Deepest nesting of indexes that is followed.
const DEEPEST: usize = 4;
/// Most manifests of one image that are followed.
const MOST: usize = 1000;

/// How to pull an image.
#[derive(Debug, Clone)]
pub struct PullImage {
    /// Of an index, only the image for this platform; all of it if absent.
    pub platform: Option<Platform>,
    /// Blobs at the same time; at least one.
    pub concurrency: usize,
    /// HEAD each blob before its GET, and compare (EX3, K06).
    pub head_first: bool,
}

impl Default for PullImage {
    /// As docker does it: everything there is, three blobs at a time.
    fn default() -> Self {
        Self { platform: None, concurrency: 3, head_first: false }
    }
}

/// An image that was pulled and verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PulledImage {
    /// Digest of the root manifest.
    pub root: Digest,
    /// Manifests, children first.
    pub manifests: Vec<PulledManifest>,
    /// Every blob once.
    pub blobs: Vec<PulledBlob>,
}

impl PulledImage {
    /// All digests and sizes, for comparing.
    pub fn summary(&self) -> ImageSummary {
        ImageSummary {
            root: self.root.clone(),
            manifests: self.manifests.iter().map(|m| (m.descriptor.digest.clone(), m.descriptor.size)).collect(),
            blobs: self.blobs.iter().map(|b| (b.digest.clone(), b.size)).collect(),
        }
    }
}

impl Client {
    /// Pulls an image into `target`, or into nothing.
    pub async fn pull_image(
        &self,
        repository: &RepositoryName,
        reference: &Reference,
        how: &PullImage,
        target: Option<&dyn ImageTarget>,
    ) -> Outcome<PulledImage> {
        let op = self.op();
        let result = Box::pin(op.pull_image(repository, reference, how, target)).await;
        op.ledger.finish(result)
    }

    /// An image whose blobs are read from this registry when they are needed: pushing it elsewhere copies it.
    pub async fn remote_image(&self, repository: &RepositoryName, reference: &Reference) -> Outcome<Image> {
        let op = self.op();
        let result = op.remote_image(repository, reference).await;
        op.ledger.finish(result)
    }
}

impl Op<'_> {
    async fn pull_image(
        &self,
        repository: &RepositoryName,
        reference: &Reference,
        how: &PullImage,
        target: Option<&dyn ImageTarget>,
    ) -> Result<PulledImage, ClientError> {
        let manifests = self.tree(repository, reference, how.platform.as_ref()).await?;
        let root = manifests.last().expect("a tree has a root").descriptor.clone();
        let pulls: Vec<_> =
            blobs_of(&manifests).map(|blob| self.pull_part(repository, blob, how, target).boxed()).collect();
        let blobs = futures_util::stream::iter(pulls).buffered(how.concurrency.max(1)).try_collect().await?;
        if let Some(target) = target {
            for manifest in &manifests {
                target.manifest(&manifest.descriptor, &manifest.bytes).await?;
            }
            target.root(&root, reference).await?;
        }
        Ok(PulledImage { root: root.digest, manifests, blobs })
    }

    async fn remote_image(&self, repository: &RepositoryName, reference: &Reference) -> Result<Image, ClientError> {
        let manifests = self.tree(repository, reference, None).await?;
        let blobs = blobs_of(&manifests).map(|descriptor| {
            let source = RemoteBlob::new(self.client.clone(), repository.clone(), descriptor.clone());
            Blob::new(descriptor.clone(), std::sync::Arc::new(source))
        });
        let blobs = blobs.collect();
        let mut stored: Vec<_> = manifests
            .into_iter()
            .map(|pulled| StoredManifest { descriptor: pulled.descriptor, bytes: pulled.bytes })
            .collect();
        let root = stored.pop().expect("a tree has a root");
        Ok(Image::with_children(blobs, stored, root))
    }

    /// All manifests, children first, each once; the root last.
    async fn tree(
        &self,
        repository: &RepositoryName,
        reference: &Reference,
        platform: Option<&Platform>,
    ) -> Result<Vec<PulledManifest>, ClientError> {
        let mut tree = Tree { op: self, repository, platform, manifests: Vec::new(), seen: BTreeSet::new() };
        tree.descend(reference.clone(), None, 0).await?;
        Ok(tree.manifests)
    }

    async fn pull_part(
        &self,
        repository: &RepositoryName,
        blob: &Descriptor,
        how: &PullImage,
        target: Option<&dyn ImageTarget>,
    ) -> Result<PulledBlob, ClientError> {
        if how.head_first {
            self.compare_head(repository, blob).await?;
        }
        let mut sink = match target {
            Some(target) => target.blob(blob).await?,
            None => None,
        };
        self.pull_blob(repository, &blob.digest, Some(blob.size), sink.as_deref_mut().map(|sink| sink as _)).await
    }

    async fn compare_head(&self, repository: &RepositoryName, blob: &Descriptor) -> Result<(), ClientError> {
        let what = "HEAD of a blob that the manifest references";
        match self.head_blob(repository, &blob.digest).await? {
            None => self.ledger.add([Finding::new("EX1", None, what, "200", "404")]),
            Some(head) => {
                let wrong = head.size.filter(|size| *size != blob.size);
                self.ledger.add(wrong.map(|size| {
                    Finding::new("EX3", head.trace, "Content-Length of HEAD", blob.size.to_string(), size.to_string())
                }));
            }
        }
        Ok(())
    }
}

/// Every blob that is to be had from the registry, once. Layers with `urls` may be elsewhere only.
fn blobs_of(manifests: &[PulledManifest]) -> impl Iterator<Item = &Descriptor> {
    let mut seen = BTreeSet::new();
    manifests
        .iter()
        .flat_map(|pulled| pulled.manifest.blobs())
        .filter(move |blob| blob.urls.is_empty() && seen.insert(blob.digest.clone()))
}

struct Tree<'a> {
    op: &'a Op<'a>,
    repository: &'a RepositoryName,
    platform: Option<&'a Platform>,
    manifests: Vec<PulledManifest>,
    seen: BTreeSet<Digest>,
}

impl Tree<'_> {
    fn descend(
        &mut self,
        reference: Reference,
        size: Option<u64>,
        depth: usize,
    ) -> BoxFuture<'_, Result<(), ClientError>> {
        async move {
            let pulled = self.op.fetch_manifest(self.repository, &reference).await?;
            let at = || {
                let uri = self.op.client.uri(&format!("{}/manifests/{reference}", self.repository));
                uri.map(|uri| crate::At::new(&http::Method::GET, &uri, None))
            };
            if depth > DEEPEST || self.seen.len() > MOST {
                let what = "the image has too many or too deeply nested manifests".to_owned();
                return Err(ClientError::Answer { at: at()?, what });
            }
            if let Some(expected) = size.filter(|size| *size != pulled.descriptor.size) {
                return Err(ClientError::Length { at: at()?, expected, actual: pulled.descriptor.size });
            }
            let children = self.wanted(&pulled);
            if children.is_empty() && !pulled.manifest.manifests.is_empty() {
                let platform = self.platform.map(ToString::to_string).unwrap_or_default();
                return Err(ClientError::Answer {
                    at: at()?,
                    what: format!("the index lists no image for {platform}"),
                });
            }
            for child in children {
                if self.seen.insert(child.digest.clone()) {
                    self.descend(Reference::Digest(child.digest), Some(child.size), depth + 1).await?;
                }
            }
            self.manifests.push(pulled);
            Ok(())
        }
        .boxed()
    }

    /// Without a platform all that is listed; with one the first that serves it (I11).
    fn wanted(&self, pulled: &PulledManifest) -> Vec<Descriptor> {
        let listed = &pulled.manifest.manifests;
        match self.platform {
            None => listed.clone(),
            Some(wanted) => {
                let serves =
                    |entry: &&Descriptor| entry.platform.as_ref().is_some_and(|platform| platform.serves(wanted));
                listed.iter().find(serves).cloned().into_iter().collect()
            }
        }
    }
}
