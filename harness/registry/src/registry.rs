//! The registry as a party. Not here: what is answered (`api`).

use std::sync::{Arc, Mutex, PoisonError};

use rand::{Rng as _, SeedableRng};
use rand_chacha::ChaCha8Rng;
use shakedown_wire::{Clock, Party};

use crate::api;
use crate::config::RegistryConfig;
use crate::layout::Layout;
use crate::locks::KeyLocks;
use crate::storage::{Storage, StorageCounts};
use crate::uploads::Sessions;

/// A registry on an S3. Clones share everything; several registries on one bucket are replicas and need different seeds, because
/// upload ids are made from them.
#[derive(Clone)]
pub struct Registry(Arc<App>);

/// What every handler may use.
pub(crate) struct App {
    pub(crate) config: RegistryConfig,
    pub(crate) layout: Layout,
    pub(crate) storage: Storage,
    pub(crate) sessions: Sessions,
    /// Held while a tag is moved (incident I08).
    pub(crate) tag_locks: KeyLocks,
    rng: Mutex<ChaCha8Rng>,
}

impl Registry {
    /// A registry that keeps everything in `storage`, an S3, and takes dates from `clock`. It keeps nothing itself, so it may be dropped
    /// at any moment.
    pub fn new(config: RegistryConfig, storage: Party, clock: Clock, seed: u64) -> Self {
        let layout = Layout::new(&config.storage.root_directory);
        let storage = Storage::new(storage, config.storage.clone(), clock, seed ^ 0x5331, config.defects.clone());
        let sessions = Sessions::new(storage.clone(), layout.clone());
        let rng = Mutex::new(ChaCha8Rng::seed_from_u64(seed));
        Self(Arc::new(App { config, layout, storage, sessions, tag_locks: KeyLocks::default(), rng }))
    }

    /// The registry's HTTP side.
    pub fn party(&self) -> Party {
        let app = self.0.clone();
        Party::from_fn(move |request| api::handle(app.clone(), request))
    }

    /// What the registry has seen of its storage.
    pub fn storage_counts(&self) -> StorageCounts {
        self.0.storage.counts()
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry").field("defects", &self.0.config.defects).finish_non_exhaustive()
    }
}

impl App {
    fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.rng.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes);
        bytes
    }

    /// An id for one client request, shown in its error body and in the log.
    pub(crate) fn correlation(&self) -> String {
        hex::encode(self.random::<6>())
    }

    /// A fresh upload id (PP2).
    pub(crate) fn upload_id(&self) -> String {
        uuid::Builder::from_random_bytes(self.random()).into_uuid().to_string()
    }
}
