//! Where pulled content goes. Not here: a particular place (`layout`).

use bytes::Bytes;
use futures_util::future::BoxFuture;
use shakedown_oci::{Descriptor, Reference};

/// Pulled content could not be kept.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[error("cannot write {what}: {reason}")]
pub struct SinkError {
    /// A file, or what else was to be written.
    pub what: String,
    /// Why not.
    pub reason: String,
}

impl SinkError {
    /// `what` could not be written because of `reason`.
    pub fn new(what: impl std::fmt::Display, reason: impl std::fmt::Display) -> Self {
        Self { what: what.to_string(), reason: reason.to_string() }
    }
}

/// Takes one blob while it arrives. Dropped without [`BlobSink::commit`], nothing of it remains.
pub trait BlobSink: Send {
    /// Takes the next bytes.
    fn write(&mut self, bytes: Bytes) -> BoxFuture<'_, Result<(), SinkError>>;

    /// The blob is whole, and its digest and length were right.
    fn commit(&mut self) -> BoxFuture<'_, Result<(), SinkError>>;
}

/// Takes an image while it arrives: blobs first, then manifests from the leaves to the root.
pub trait ImageTarget: Send + Sync {
    /// A place for a blob; `None` if it is there already.
    fn blob<'a>(&'a self, descriptor: &'a Descriptor) -> BoxFuture<'a, Result<Option<Box<dyn BlobSink>>, SinkError>>;

    /// Takes a manifest.
    fn manifest<'a>(&'a self, descriptor: &'a Descriptor, bytes: &'a Bytes) -> BoxFuture<'a, Result<(), SinkError>>;

    /// The image is whole; this is its root and the reference it was pulled by.
    fn root<'a>(&'a self, descriptor: &'a Descriptor, reference: &'a Reference)
    -> BoxFuture<'a, Result<(), SinkError>>;
}
