//! What an audit looks into. Not here: who implements it.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use shakedown_oci::Digest;

/// What is audited cannot be read: no verdict, however much was found until then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {reason}")]
pub struct AuditError {
    /// What was looked at.
    pub what: String,
    /// Why it could not be seen.
    pub reason: String,
}

/// What a look gives.
pub type Look<'a, T> = BoxFuture<'a, Result<T, AuditError>>;

/// An object of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Its key.
    pub key: String,
    /// Its size in bytes.
    pub size: u64,
    /// Time since it was written, by the store's clock; `None` if that is not known.
    pub age: Option<Duration>,
}

/// One page of a listing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// Objects in byte order of their keys.
    pub objects: Vec<Object>,
    /// What to ask for next; `None` at the end.
    pub next: Option<String>,
}

/// An open multipart upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenUpload {
    /// The key it will become.
    pub key: String,
    /// Its id.
    pub id: String,
    /// Time since it was begun; `None` if that is not known.
    pub age: Option<Duration>,
}

/// A bucket, to be read only.
pub trait Bucket: Send + Sync {
    /// One page of all objects below `prefix`; `token` is what the page before gave.
    fn page<'a>(&'a self, prefix: &'a str, token: Option<String>) -> Look<'a, Page>;

    /// An object of at most `limit` bytes; `None` if it is not there.
    fn read<'a>(&'a self, key: &'a str, limit: usize) -> Look<'a, Option<Bytes>>;

    /// The digest of an object's bytes, with the algorithm of `like`, read as a stream; `None` if it is not there.
    fn digest<'a>(&'a self, key: &'a str, like: &'a Digest) -> Look<'a, Option<Digest>>;

    /// The open multipart uploads below `prefix`.
    fn uploads<'a>(&'a self, prefix: &'a str) -> Look<'a, Vec<OpenUpload>>;
}
