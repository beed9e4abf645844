//! A bucket read only, with the registry's careful S3 client: for audits. Not here: what is made of it.

use std::time::Duration;

use bytes::Bytes;
use shakedown_wire::{Body, Clock, Party};

use crate::config::StorageConfig;
use crate::context::Context;
use crate::defects::DefectSet;
use crate::storage::{Opened, Storage};

/// A bucket to be read. Errors are texts for the operator: what failed, and what to do.
#[derive(Clone)]
pub struct BucketReader {
    pub(crate) storage: Storage,
    pub(crate) cx: Context,
}

/// An object as a listing shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedObject {
    /// Its key.
    pub key: String,
    /// Its size in bytes.
    pub size: u64,
    /// Time since it was written, by the store's clock.
    pub age: Option<Duration>,
}

/// An open multipart upload as a listing shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedUpload {
    /// The key it will become.
    pub key: String,
    /// Its id.
    pub id: String,
    /// Time since it was begun, by the store's clock.
    pub age: Option<Duration>,
}

impl BucketReader {
    /// The bucket of `config` on `party`, an S3.
    pub fn new(config: StorageConfig, party: Party, clock: Clock, seed: u64) -> Self {
        let cx = Context::own("audit".to_owned());
        Self { storage: Storage::new(party, config, clock, seed, DefectSet::none()), cx }
    }

    /// One page of the objects below a prefix, and the token of the next.
    ///
    /// # Errors
    /// Whatever is not a whole page of S3's.
    pub async fn list(&self, prefix: &str, token: Option<&str>) -> Result<(Vec<ListedObject>, Option<String>), String> {
        let (page, next) = self.storage.list_aged(&self.cx, prefix, token).await.map_err(|error| error.to_string())?;
        let objects =
            page.into_iter().map(|object| ListedObject { key: object.key, size: object.size, age: object.age });
        Ok((objects.collect(), next))
    }

    /// An object of at most `limit` bytes; `None` if it is not there.
    ///
    /// # Errors
    /// Whatever is not the object, nor S3's word that it is absent.
    pub async fn read(&self, key: &str, limit: usize) -> Result<Option<Bytes>, String> {
        let read = self.storage.get(&self.cx, key, limit).await.map_err(|error| error.to_string())?;
        Ok(read.map(|object| object.bytes))
    }

    /// The bytes of an object of any size; `None` if it is not there.
    ///
    /// # Errors
    /// As [`BucketReader::read`].
    pub async fn open(&self, key: &str) -> Result<Option<Body>, String> {
        match self.storage.open(&self.cx, key, None).await.map_err(|error| error.to_string())? {
            Opened::Object(object) => Ok(Some(object.body)),
            Opened::Absent | Opened::RangeInvalid => Ok(None),
        }
    }

    /// The open multipart uploads below a prefix.
    ///
    /// # Errors
    /// Whatever is not a whole list of S3's.
    pub async fn uploads(&self, prefix: &str) -> Result<Vec<ListedUpload>, String> {
        let (mut all, mut markers) = (Vec::new(), None);
        loop {
            let page = self.storage.list_aged_uploads(&self.cx, prefix, markers.as_ref()).await;
            let (page, next) = page.map_err(|error| error.to_string())?;
            all.extend(page.into_iter().map(|found| ListedUpload { key: found.key, id: found.id, age: found.age }));
            if next.is_none() {
                return Ok(all);
            }
            markers = next;
        }
    }
}
