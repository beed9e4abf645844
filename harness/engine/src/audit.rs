//! What audits look into: a real S3, or the bucket of a scenario. Not here: what must hold (`shakedown_audit`).

use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use shakedown_audit::{AuditError, Bucket, Look, Object, OpenUpload, Page};
use shakedown_oci::{Digest, Hasher};
use shakedown_registry::BucketReader;

use crate::view::{BucketView, ViewError};

/// A bucket on an S3.
pub struct StoredBucket(pub BucketReader);

fn error(what: &str) -> impl Fn(String) -> AuditError {
    move |reason| AuditError { what: what.to_owned(), reason }
}

impl Bucket for StoredBucket {
    fn page<'a>(&'a self, prefix: &'a str, token: Option<String>) -> Look<'a, Page> {
        async move {
            let (objects, next) = self.0.list(prefix, token.as_deref()).await.map_err(error("the listing"))?;
            let objects =
                objects.into_iter().map(|object| Object { key: object.key, size: object.size, age: object.age });
            Ok(Page { objects: objects.collect(), next })
        }
        .boxed()
    }

    fn read<'a>(&'a self, key: &'a str, limit: usize) -> Look<'a, Option<Bytes>> {
        async move { self.0.read(key, limit).await.map_err(error(key)) }.boxed()
    }

    fn digest<'a>(&'a self, key: &'a str, like: &'a Digest) -> Look<'a, Option<Digest>> {
        async move {
            let Some(mut body) = self.0.open(key).await.map_err(error(key))? else { return Ok(None) };
            let mut hasher = Hasher::new(like.algorithm());
            while let Some(frame) = body.next().await {
                hasher.update(&frame.map_err(|broken| error(key)(broken.to_string()))?);
            }
            Ok(Some(hasher.finish()))
        }
        .boxed()
    }

    fn uploads<'a>(&'a self, prefix: &'a str) -> Look<'a, Vec<OpenUpload>> {
        async move {
            let uploads = self.0.uploads(prefix).await.map_err(error("the open uploads"))?;
            Ok(uploads.into_iter().map(|found| OpenUpload { key: found.key, id: found.id, age: found.age }).collect())
        }
        .boxed()
    }
}

/// The bucket of a scenario. Everything in it counts as old: the scenario says when the dust has settled.
pub(crate) struct SettledBucket<'a>(pub(crate) &'a dyn BucketView);

fn seen(view: ViewError) -> AuditError {
    AuditError { what: view.what, reason: view.reason }
}

impl Bucket for SettledBucket<'_> {
    fn page<'a>(&'a self, prefix: &'a str, _token: Option<String>) -> Look<'a, Page> {
        async move {
            let objects =
                self.0.objects().await.map_err(seen)?.into_iter().filter(|object| object.key.starts_with(prefix));
            let aged = objects.map(|object| Object { key: object.key, size: object.size, age: Some(Duration::MAX) });
            Ok(Page { objects: aged.collect(), next: None })
        }
        .boxed()
    }

    fn read<'a>(&'a self, key: &'a str, limit: usize) -> Look<'a, Option<Bytes>> {
        async move { self.0.read(key, limit).await.map_err(seen) }.boxed()
    }

    fn digest<'a>(&'a self, key: &'a str, like: &'a Digest) -> Look<'a, Option<Digest>> {
        async move {
            if like.algorithm() == shakedown_oci::Algorithm::Sha256 {
                let digest = self.0.digest(key).await.map_err(seen)?;
                return Ok(digest.and_then(|text| text.parse().ok()));
            }
            let bytes = self.0.read(key, LARGEST).await.map_err(seen)?;
            Ok(bytes.map(|bytes| Digest::with(like.algorithm(), &bytes)))
        }
        .boxed()
    }

    fn uploads<'a>(&'a self, prefix: &'a str) -> Look<'a, Vec<OpenUpload>> {
        async move {
            let uploads =
                self.0.uploads().await.map_err(seen)?.into_iter().filter(|found| found.key.starts_with(prefix));
            Ok(uploads
                .map(|found| OpenUpload { key: found.key, id: found.upload_id, age: Some(Duration::MAX) })
                .collect())
        }
        .boxed()
    }
}

/// Largest blob of another algorithm than SHA-256 that a scenario's audit hashes.
const LARGEST: usize = 64 << 20;
