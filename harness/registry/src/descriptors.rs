//! The descriptor cache: sizes of blobs, in this process or on a server that replicas share.
//!
//! It is a help and never an authority. Whether a repository has a blob is asked of the storage each time, so nothing that the cache knows
//! can bring back what was deleted, collected or left behind on another storage (incidents G01, G02, G04). Entries belong to one storage:
//! its address and bucket are part of their name. A server that does not answer soon is left alone for a while (incident G03).

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::Uri;
use shakedown_oci::{Digest, RepositoryName};
use shakedown_wire::{Body, Party};
use tokio::time::{Instant, timeout};

use crate::config::{Cache, StorageConfig};
use crate::context::Context;
use crate::defects::{DefectSet, trusts_descriptor_cache, waits_for_cache};

/// How long an answer of the server is waited for.
const PATIENCE: Duration = Duration::from_millis(250);
/// How long a server that did not answer is not asked again.
const REST: Duration = Duration::from_secs(5);
/// Entries kept in this process; beyond, all are forgotten.
const ENTRIES: usize = 100_000;
/// A size in decimal digits.
const SIZE_LIMIT: usize = 20;

/// What is known of blobs beside their storage.
pub(crate) struct Descriptors {
    place: Place,
    /// Which storage it is about.
    identity: String,
    defects: DefectSet,
}

enum Place {
    Nowhere,
    Here(Mutex<BTreeMap<String, u64>>),
    There { party: Party, base: Uri, resting_until: Mutex<Option<Instant>> },
}

impl Descriptors {
    pub(crate) fn new(config: &Cache, storage: &StorageConfig, party: Party, defects: DefectSet) -> Self {
        let place = match config {
            Cache::Off => Place::Nowhere,
            Cache::Memory => Place::Here(Mutex::default()),
            Cache::Server(base) => Place::There { party, base: base.clone(), resting_until: Mutex::default() },
        };
        let whole = format!("{} {} {}", storage.endpoint, storage.bucket, storage.root_directory);
        Self { place, identity: Digest::of(whole.as_bytes()).hex()[..16].to_owned(), defects }
    }

    /// The size of a blob that the repository is known to have; `None` if the cache cannot tell.
    pub(crate) async fn size(&self, cx: &Context, name: &RepositoryName, digest: &Digest) -> Option<u64> {
        let key = self.key(name, digest);
        match &self.place {
            Place::Nowhere => None,
            Place::Here(entries) => entries.lock().unwrap_or_else(PoisonError::into_inner).get(&key).copied(),
            Place::There { .. } => {
                let bytes = self.ask(cx, http::Method::GET, &key, Body::empty()).await?;
                std::str::from_utf8(&bytes).ok()?.parse().ok()
            }
        }
    }

    /// Remembers a size that the storage has just told.
    pub(crate) async fn remember(&self, cx: &Context, name: &RepositoryName, digest: &Digest, size: u64) {
        let key = self.key(name, digest);
        match &self.place {
            Place::Nowhere => {}
            Place::Here(entries) => {
                let mut entries = entries.lock().unwrap_or_else(PoisonError::into_inner);
                if entries.len() >= ENTRIES {
                    entries.clear();
                }
                entries.insert(key, size);
            }
            Place::There { .. } => drop(self.ask(cx, http::Method::PUT, &key, Body::full(size.to_string())).await),
        }
    }

    fn key(&self, name: &RepositoryName, digest: &Digest) -> String {
        trusts_descriptor_cache::key(&self.defects, name, digest)
            .unwrap_or_else(|| format!("{}/{digest}", self.identity))
    }

    /// One call of the server; `None` for whatever is not a good answer.
    async fn ask(&self, cx: &Context, method: http::Method, key: &str, body: Body) -> Option<bytes::Bytes> {
        let Place::There { party, base, resting_until } = &self.place else { return None };
        let rest = || resting_until.lock().unwrap_or_else(PoisonError::into_inner);
        if rest().is_some_and(|until| Instant::now() < until) {
            return None;
        }
        let request = http::Request::builder().method(method).uri(format!("{base}{key}")).body(body).ok()?;
        let asking = async {
            let answer = party.send(request).await.ok()?;
            let good = answer.status().is_success();
            let bytes = answer.into_body().collect(SIZE_LIMIT).await.ok()?;
            Some((good, bytes))
        };
        match timeout(waits_for_cache::patience(&self.defects, PATIENCE), asking).await {
            Ok(Some((good, bytes))) => good.then_some(bytes),
            Ok(None) | Err(_) => {
                cx.info("the descriptor cache does not answer; going on without it");
                *rest() = waits_for_cache::rest(&self.defects, REST).map(|rest| Instant::now() + rest);
                None
            }
        }
    }
}
