//! The registry as a party. Not here: what is answered (`api`).

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rand::{Rng as _, SeedableRng};
use rand_chacha::ChaCha8Rng;
use shakedown_oci::{Digest, RepositoryName, Tag};
use shakedown_wire::{Clock, Party};

use crate::api;
use crate::auth::Gate;
use crate::config::RegistryConfig;
use crate::descriptors::Descriptors;
use crate::layout::Layout;
use crate::life::guard::Guard;
use crate::life::{self, ExpiryReport, GcPolicy, GcReport, LifeError, Progress, PurgePolicy, PurgeReport};
use crate::limit::RequestLimit;
use crate::locks::KeyLocks;
use crate::notify::{NotificationCounts, Notifier};
use crate::storage::{Storage, StorageCounts};
use crate::uploads::Sessions;
use crate::upstream::Upstream;
use crate::variant;

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
    pub(crate) descriptors: Descriptors,
    /// Lets so many requests through as are configured.
    pub(crate) limit: RequestLimit,
    /// Held while a tag is moved or removed (incident I08).
    pub(crate) tag_locks: KeyLocks,
    /// Keeps pushes and garbage collection apart.
    pub(crate) guard: Guard,
    pub(crate) gate: Gate,
    pub(crate) notifier: Notifier,
    /// Held while a manifest is put or deleted; before those of its tags.
    pub(crate) revision_locks: KeyLocks,
    /// What a pull-through cache is of.
    pub(crate) upstream: Option<Upstream>,
    rng: Mutex<ChaCha8Rng>,
}

impl Registry {
    /// A registry that keeps everything in `storage`, an S3 (and reaches its upstream the same way, if it has one), and takes dates from `clock`. It keeps nothing itself, so it may be dropped
    /// at any moment.
    pub fn new(mut config: RegistryConfig, storage: Party, clock: Clock, seed: u64) -> Self {
        config.defects.clone().configure(&mut config);
        let gate = Gate::new(&config.auth, &clock);
        let layout = Layout::new(&config.storage.root_directory);
        let descriptors = Descriptors::new(&config.cache, &config.storage, storage.clone(), config.defects.clone());
        let notifier = Notifier::new(&config.notifications, &storage);
        let upstream = config.upstream.as_ref().map(|upstream| Upstream::new(upstream, storage.clone(), clock.clone()));
        let storage = Storage::new(storage, config.storage.clone(), clock, seed ^ 0x5331, config.defects.clone());
        let sessions = Sessions::new(storage.clone(), layout.clone());
        let rng = Mutex::new(ChaCha8Rng::seed_from_u64(seed));
        let limit = RequestLimit::new(config.requests_per_minute);
        Self(Arc::new(App {
            limit,
            config,
            layout,
            storage,
            sessions,
            descriptors,
            tag_locks: KeyLocks::default(),
            guard: Guard::default(),
            gate,
            notifier,
            revision_locks: KeyLocks::default(),
            upstream,
            rng,
        }))
    }

    /// The registry's HTTP side.
    pub fn party(&self) -> Party {
        let app = self.0.clone();
        let party = Party::from_fn(move |request| api::handle(app.clone(), request));
        let party = self.0.config.allowed.iter().fold(party, |party, allowed| variant::around(party, allowed.how));
        self.0.config.defects.around(party)
    }

    /// Collects garbage of the bucket. Pushes may go on meanwhile, through any replica.
    ///
    /// # Errors
    /// If something could not be read or deleted, or another collection works on the bucket. What was deleted until then was garbage.
    pub async fn collect_garbage(&self, policy: &GcPolicy, progress: Progress<'_>) -> Result<GcReport, LifeError> {
        life::collect(&self.0, policy, progress).await
    }

    /// Removes uploads that nobody goes on with.
    ///
    /// # Errors
    /// If something could not be read or deleted.
    pub async fn purge_uploads(&self, policy: &PurgePolicy, progress: Progress<'_>) -> Result<PurgeReport, LifeError> {
        life::purge(&self.0, policy, progress).await
    }

    /// Lets go what a pull-through cache fetched longer than `older_than` ago; garbage collection then frees what nobody else has.
    ///
    /// # Errors
    /// If something could not be read or deleted.
    pub async fn expire(&self, older_than: Duration, progress: Progress<'_>) -> Result<ExpiryReport, LifeError> {
        life::expire(&self.0, older_than, progress).await
    }

    /// Undoes the delete of a manifest that left a tombstone ([`RegistryConfig::soft_delete`]); gives the tags that point to it again.
    ///
    /// # Errors
    /// If there is nothing to restore, or the storage fails.
    pub async fn restore(&self, name: &RepositoryName, digest: &Digest) -> Result<Vec<Tag>, LifeError> {
        life::restore(&self.0, name, digest).await
    }

    /// What became of the notifications, by endpoint.
    pub fn notifications(&self) -> Vec<NotificationCounts> {
        self.0.notifier.counts()
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
