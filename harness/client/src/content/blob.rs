//! A blob: its descriptor and where its bytes come from.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use shakedown_oci::{Algorithm, Descriptor, Digest, Hasher};
use shakedown_wire::Body;

use super::Content;

/// Our own content could not be read.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[error("cannot read {what}: {reason}")]
pub struct SourceError {
    /// A file, or what else was to be read.
    pub what: String,
    /// Why not.
    pub reason: String,
}

impl SourceError {
    /// `what` could not be read because of `reason`.
    pub fn new(what: impl std::fmt::Display, reason: impl std::fmt::Display) -> Self {
        Self { what: what.to_string(), reason: reason.to_string() }
    }
}

/// Bytes that can be read as often as needed, from any offset: retries and resumed uploads read again.
pub trait BlobSource: Send + Sync {
    /// How many bytes there are.
    fn size(&self) -> u64;

    /// A stream of the bytes of `range`, which lies inside the size. The body announces its length.
    fn read(&self, range: Range<u64>) -> BoxFuture<'_, Result<Body, SourceError>>;
}

/// Computes the digest of a source, streaming.
pub(crate) async fn digest_of(source: &dyn BlobSource, algorithm: Algorithm) -> Result<Digest, SourceError> {
    let mut body = source.read(0..source.size()).await?;
    let mut hasher = Hasher::new(algorithm);
    while let Some(frame) = body.next().await {
        hasher.update(&frame.map_err(|error| SourceError::new("content", error))?);
    }
    if hasher.length() != source.size() {
        return Err(SourceError::new("content", format!("{} bytes instead of {}", hasher.length(), source.size())));
    }
    Ok(hasher.finish())
}

impl BlobSource for Bytes {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read(&self, range: Range<u64>) -> BoxFuture<'_, Result<Body, SourceError>> {
        let bounds = usize::try_from(range.start).ok().zip(usize::try_from(range.end).ok());
        let part =
            bounds.filter(|(start, end)| start <= end && *end <= self.len()).map(|(start, end)| self.slice(start..end));
        let body = part.map(Body::full).ok_or_else(|| SourceError::new("content", "the range lies outside"));
        std::future::ready(body).boxed()
    }
}

/// A blob that can be pushed.
#[derive(Clone)]
pub struct Blob {
    /// Media type, digest and size. What is pushed is pushed under this digest, right or wrong.
    pub descriptor: Descriptor,
    /// The bytes.
    pub source: Arc<dyn BlobSource>,
}

impl Blob {
    /// A blob with a descriptor that is known already.
    pub fn new(descriptor: Descriptor, source: Arc<dyn BlobSource>) -> Self {
        Self { descriptor, source }
    }

    /// A blob whose digest is computed now, streaming.
    ///
    /// # Errors
    /// If the source cannot be read.
    pub async fn hashed(media_type: impl Into<String>, source: Arc<dyn BlobSource>) -> Result<Self, SourceError> {
        let digest = digest_of(&*source, Algorithm::Sha256).await?;
        Ok(Self { descriptor: Descriptor::new(media_type, digest, source.size()), source })
    }

    /// A blob of seeded content.
    pub fn synthetic(media_type: impl Into<String>, content: Content) -> Self {
        let descriptor = Descriptor::new(media_type, content.digest(), content.size);
        Self { descriptor, source: Arc::new(content) }
    }

    /// A small blob.
    pub fn bytes(media_type: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self { descriptor: Descriptor::of(media_type, &bytes), source: Arc::new(bytes) }
    }

    /// The same blob under its digest of another algorithm (D15).
    ///
    /// # Errors
    /// If the source cannot be read.
    pub async fn rehashed(mut self, algorithm: Algorithm) -> Result<Self, SourceError> {
        self.descriptor.digest = digest_of(&*self.source, algorithm).await?;
        Ok(self)
    }
}

impl std::fmt::Debug for Blob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Blob").field("descriptor", &self.descriptor).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_blob_of_bytes_reads_its_ranges() {
        let blob = Blob::bytes("a/b", "hello");
        assert_eq!(blob.descriptor.digest, Digest::of(b"hello"));
        let part = blob.source.read(1..3).await.unwrap();
        assert_eq!(part.length(), Some(2));
        assert_eq!(part.collect(10).await.unwrap(), "el");
        assert!(blob.source.read(3..9).await.is_err());
        let hashed = Blob::hashed("a/b", Arc::new(Bytes::from_static(b"hello"))).await.unwrap();
        assert_eq!(hashed.descriptor, blob.descriptor);
        let long = blob.rehashed(Algorithm::Sha512).await.unwrap();
        assert_eq!(long.descriptor.digest, Digest::with(Algorithm::Sha512, b"hello"));
    }
}
