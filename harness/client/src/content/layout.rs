//! OCI image layouts: directories with `oci-layout`, `index.json` and `blobs/` (image-spec `image-layout.md`).

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use shakedown_oci::{Descriptor, Digest, Flavor, IndexBuilder, Manifest, ManifestKind, MediaType, Reference};
use tokio::io::AsyncWriteExt;

use super::target::{BlobSink, ImageTarget, SinkError};
use super::{Blob, FileRange, Image, SourceError, StoredManifest};

/// The annotation that names an image of a layout.
const REF_NAME: &str = "org.opencontainers.image.ref.name";
/// Deepest nesting of indexes that is read.
const DEEPEST: usize = 4;
/// Most manifests of one image that are read.
const MOST: usize = 1000;

/// A layout directory; a source and a target.
#[derive(Debug)]
pub struct OciLayout {
    directory: PathBuf,
    /// Names of unfinished files.
    next: AtomicU64,
    /// Held while `index.json` is read and written again.
    index: tokio::sync::Mutex<()>,
}

impl OciLayout {
    /// An existing layout.
    ///
    /// # Errors
    /// If the directory is none.
    pub async fn open(directory: impl Into<PathBuf>) -> Result<Self, SourceError> {
        let layout = Self::at(directory.into());
        let marker = layout.directory.join("oci-layout");
        let bytes = read_small(&marker).await?;
        let version: serde_json::Value =
            serde_json::from_slice(&bytes).map_err(|error| SourceError::new(marker.display(), error))?;
        match version.get("imageLayoutVersion").and_then(|version| version.as_str()) {
            Some(version) if version.starts_with("1.") => Ok(layout),
            _ => Err(SourceError::new(marker.display(), "it is not an OCI image layout of version 1")),
        }
    }

    /// A layout that is made if it is not there.
    ///
    /// # Errors
    /// If the directory cannot be written.
    pub async fn create(directory: impl Into<PathBuf>) -> Result<Self, SinkError> {
        let layout = Self::at(directory.into());
        for algorithm in shakedown_oci::Algorithm::ALL {
            let blobs = layout.directory.join("blobs").join(algorithm.as_str());
            tokio::fs::create_dir_all(&blobs).await.map_err(|error| SinkError::new(blobs.display(), error))?;
        }
        layout.write("oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#).await?;
        if !layout.directory.join("index.json").exists() {
            layout.write("index.json", &IndexBuilder::new(Flavor::Oci).render()).await?;
        }
        Ok(layout)
    }

    fn at(directory: PathBuf) -> Self {
        Self { directory, next: AtomicU64::new(0), index: tokio::sync::Mutex::new(()) }
    }

    /// The image called `name` (`org.opencontainers.image.ref.name`); without a name the only one there is.
    ///
    /// # Errors
    /// If there is no such image, or it cannot be read.
    pub async fn image(&self, name: Option<&str>) -> Result<Image, SourceError> {
        let index = self.directory.join("index.json");
        let entries = self.entries().await?;
        let mut wanted = entries
            .iter()
            .filter(|entry| name.is_none() || entry.annotations.get(REF_NAME).map(String::as_str) == name);
        let root = match (wanted.next(), wanted.next()) {
            (Some(root), None) => root.clone(),
            (Some(_), Some(_)) => {
                return Err(SourceError::new(index.display(), "it has several images; give the name of one"));
            }
            (None, _) => return Err(SourceError::new(index.display(), "it has no such image")),
        };
        let (mut blobs, mut manifests) = (Vec::new(), Vec::new());
        self.collect(root, 0, &mut blobs, &mut manifests).await?;
        let root = manifests.pop().ok_or_else(|| SourceError::new(index.display(), "it has no such image"))?;
        Ok(Image::with_children(blobs, manifests, root))
    }

    async fn entries(&self) -> Result<Vec<Descriptor>, SourceError> {
        let path = self.directory.join("index.json");
        let bytes = read_small(&path).await?;
        let index: MediaType = ManifestKind::OciIndex.media_type().parse().expect("a constant media type");
        Ok(Manifest::parse(&bytes, Some(&index)).map_err(|error| SourceError::new(path.display(), error))?.manifests)
    }

    /// Children first, so that the root comes last.
    fn collect<'a>(
        &'a self,
        descriptor: Descriptor,
        depth: usize,
        blobs: &'a mut Vec<Blob>,
        manifests: &'a mut Vec<StoredManifest>,
    ) -> BoxFuture<'a, Result<(), SourceError>> {
        async move {
            let path = self.blob_path(&descriptor.digest);
            let wrong = |error: &dyn std::fmt::Display| SourceError::new(path.display(), error);
            if depth > DEEPEST || manifests.len() >= MOST {
                return Err(wrong(&"the image has too many or too deeply nested manifests"));
            }
            let bytes = read_small(&path).await?;
            let media_type: MediaType = descriptor.media_type.parse().map_err(|error| wrong(&error))?;
            let manifest = Manifest::parse(&bytes, Some(&media_type)).map_err(|error| wrong(&error))?;
            for blob in manifest.blobs() {
                let file = FileRange { path: self.blob_path(&blob.digest), offset: 0, size: blob.size };
                blobs.push(Blob::new(blob.clone(), Arc::new(file)));
            }
            for child in manifest.manifests {
                self.collect(child, depth + 1, blobs, manifests).await?;
            }
            manifests.push(StoredManifest::new(media_type.essence(), bytes));
            Ok(())
        }
        .boxed()
    }

    fn blob_path(&self, digest: &Digest) -> PathBuf {
        self.directory.join("blobs").join(digest.algorithm().as_str()).join(digest.hex())
    }

    /// Writes a whole file under another name first, so that nobody sees a half.
    async fn write(&self, name: impl AsRef<Path>, bytes: &[u8]) -> Result<(), SinkError> {
        let path = self.directory.join(name);
        let wrong = |error: std::io::Error| SinkError::new(path.display(), error);
        let unfinished = self.unfinished();
        tokio::fs::write(&unfinished, bytes).await.map_err(wrong)?;
        tokio::fs::rename(&unfinished, &path).await.map_err(wrong)
    }

    fn unfinished(&self) -> PathBuf {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.directory.join(format!(".unfinished-{}-{number}", std::process::id()))
    }

    async fn begin(&self, descriptor: &Descriptor) -> Result<Option<Box<dyn BlobSink>>, SinkError> {
        let path = self.blob_path(&descriptor.digest);
        let there = tokio::fs::metadata(&path).await.is_ok_and(|file| file.len() == descriptor.size);
        if there {
            return Ok(None);
        }
        let unfinished = self.unfinished();
        // Made here and now: a call that is dropped while another thread makes the file would leave it behind.
        let file = std::fs::File::create(&unfinished).map_err(|error| SinkError::new(unfinished.display(), error))?;
        Ok(Some(Box::new(FileSink { file: tokio::fs::File::from_std(file), unfinished, path, committed: false })))
    }

    async fn add_root(&self, descriptor: &Descriptor, reference: &Reference) -> Result<(), SinkError> {
        let _one_at_a_time = self.index.lock().await;
        let entries = self.entries().await.map_err(|error| SinkError::new(error.what, error.reason))?;
        let name = reference.tag().map(ToString::to_string);
        let mut index = IndexBuilder::new(Flavor::Oci);
        let replaced = |entry: &Descriptor| {
            entry.digest == descriptor.digest || (name.is_some() && entry.annotations.get(REF_NAME) == name.as_ref())
        };
        for entry in entries.into_iter().filter(|entry| !replaced(entry)) {
            index = index.manifest(entry);
        }
        let mut root = descriptor.clone();
        root.annotations.extend(name.map(|name| (REF_NAME.to_owned(), name)));
        self.write("index.json", &index.manifest(root).render()).await
    }
}

impl ImageTarget for OciLayout {
    fn blob<'a>(&'a self, descriptor: &'a Descriptor) -> BoxFuture<'a, Result<Option<Box<dyn BlobSink>>, SinkError>> {
        self.begin(descriptor).boxed()
    }

    fn manifest<'a>(&'a self, descriptor: &'a Descriptor, bytes: &'a Bytes) -> BoxFuture<'a, Result<(), SinkError>> {
        self.write(self.blob_path(&descriptor.digest), bytes).boxed()
    }

    fn root<'a>(
        &'a self,
        descriptor: &'a Descriptor,
        reference: &'a Reference,
    ) -> BoxFuture<'a, Result<(), SinkError>> {
        self.add_root(descriptor, reference).boxed()
    }
}

struct FileSink {
    file: tokio::fs::File,
    unfinished: PathBuf,
    path: PathBuf,
    committed: bool,
}

impl BlobSink for FileSink {
    fn write(&mut self, bytes: Bytes) -> BoxFuture<'_, Result<(), SinkError>> {
        async move { self.file.write_all(&bytes).await.map_err(|error| SinkError::new(self.path.display(), error)) }
            .boxed()
    }

    fn commit(&mut self) -> BoxFuture<'_, Result<(), SinkError>> {
        async move {
            let wrong = |error: std::io::Error| SinkError::new(self.path.display(), error);
            self.file.flush().await.map_err(wrong)?;
            tokio::fs::rename(&self.unfinished, &self.path).await.map_err(wrong)?;
            self.committed = true;
            Ok(())
        }
        .boxed()
    }
}

impl Drop for FileSink {
    fn drop(&mut self) {
        if !self.committed {
            // Nothing can be done about a failure here; the name tells what the file is.
            let _ = std::fs::remove_file(&self.unfinished);
        }
    }
}

async fn read_small(path: &Path) -> Result<Bytes, SourceError> {
    use super::BlobSource as _;
    let file = FileRange::whole(path).await?;
    let body = file.read(0..file.size).await?;
    body.collect(Manifest::MAX_BYTES).await.map_err(|error| SourceError::new(path.display(), error))
}
