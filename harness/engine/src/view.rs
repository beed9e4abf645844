//! What invariants may look at after a run: the bucket itself, and the registry's API without faults and outside the trace.
//! Implemented by the systems; used by `invariants`. Not here: what must hold.

use bytes::Bytes;
use futures_util::future::BoxFuture;

/// An object in the bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectEntry {
    /// Its key.
    pub key: String,
    /// Its size in bytes.
    pub size: u64,
}

/// An open multipart upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadEntry {
    /// The key it will become.
    pub key: String,
    /// Its id.
    pub upload_id: String,
}

/// A view could not be had: an error of the environment, never a verdict on the system.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {reason}")]
pub struct ViewError {
    /// What was looked at.
    pub what: String,
    /// Why it could not be seen.
    pub reason: String,
}

/// What a look at the bucket gives.
pub type Look<'a, T> = BoxFuture<'a, Result<T, ViewError>>;

/// The bucket behind the registry, as it truly is: no faults, no late listings.
pub trait BucketView: Send + Sync {
    /// All objects in byte order of their keys.
    fn objects(&self) -> Look<'_, Vec<ObjectEntry>>;

    /// The content of an object of at most `limit` bytes (links, manifests); `None` if it is absent.
    fn read<'a>(&'a self, key: &'a str, limit: usize) -> Look<'a, Option<Bytes>>;

    /// `sha256:<hex>` of an object of any size, read as a stream; `None` if it is absent.
    fn digest<'a>(&'a self, key: &'a str) -> Look<'a, Option<String>>;

    /// The open multipart uploads, those opened by `storage: { foreign-uploads }` and by faults left out.
    fn uploads(&self) -> Look<'_, Vec<UploadEntry>>;
}

/// One answer of the registry's API.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApiAnswer {
    /// Status.
    pub status: u16,
    /// `Content-Type`, if there is one.
    pub content_type: Option<String>,
    /// `Docker-Content-Digest`, if there is one.
    pub content_digest: Option<String>,
    /// Bytes of the body that arrived.
    pub bytes: u64,
    /// `sha256:<hex>` of those bytes.
    pub digest: String,
    /// The body, if it is at most 4 MiB.
    pub body: Option<Bytes>,
    /// The body broke off, with the reason.
    pub broken: Option<String>,
}

/// The registry's API as a client sees it when no fault strikes. Redirects are followed. Calls are not part of the trace.
pub trait ApiView: Send + Sync {
    /// GET of `path` (with query), e.g. `/v2/lab/app/tags/list`.
    fn get<'a>(&'a self, path: &'a str) -> Look<'a, ApiAnswer>;
}
