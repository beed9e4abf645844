//! A bucket changed behind a registry's back, with the registry's careful S3 client: for those who play its operators, or its bad luck.
//! Not here: what is read of it (`reader`), and what is to be changed.

use bytes::Bytes;
use shakedown_wire::{Clock, Party};

use crate::config::StorageConfig;
use crate::reader::BucketReader;
use crate::storage::Payload;

/// A bucket to be changed, and to be read.
#[derive(Clone)]
pub struct BucketEditor(BucketReader);

impl BucketEditor {
    /// The bucket of `config` on `party`, an S3.
    pub fn new(config: StorageConfig, party: Party, clock: Clock, seed: u64) -> Self {
        Self(BucketReader::new(config, party, clock, seed))
    }

    /// The same bucket, to be read.
    pub fn reader(&self) -> &BucketReader {
        &self.0
    }

    /// Writes an object; it is there when this returns.
    ///
    /// # Errors
    /// The store did not take it, or does not show it.
    pub async fn put(&self, key: &str, content: Bytes) -> Result<(), String> {
        self.0.storage.put(&self.0.cx, key, &Payload::of(content)).await.map_err(|error| error.to_string())
    }

    /// Deletes objects; those that are not there are fine.
    ///
    /// # Errors
    /// Some of them are still there.
    pub async fn delete(&self, keys: &[String]) -> Result<(), String> {
        self.0.storage.delete(&self.0.cx, keys).await.map_err(|error| error.to_string())
    }

    /// Begins a multipart upload and gives its id.
    ///
    /// # Errors
    /// The store did not begin one.
    pub async fn create_upload(&self, key: &str) -> Result<String, String> {
        self.0.storage.create_upload(&self.0.cx, key).await.map_err(|error| error.to_string())
    }

    /// Aborts a multipart upload; one that is gone is fine.
    ///
    /// # Errors
    /// It may still be there.
    pub async fn abort_upload(&self, key: &str, id: &str) -> Result<(), String> {
        self.0.storage.abort_upload(&self.0.cx, key, id).await.map_err(|error| error.to_string())
    }
}
