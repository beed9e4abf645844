//! The mock as a whole: configuration, store, clock, faults and journal behind one handle.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use shakedown_faults::{Call, FaultSet, On};
use shakedown_inject::Injector;
use shakedown_wire::{Annotation, Annotations, Clock, Lane, Party, Recorder, Request, Response, WireError};

use crate::admin::Admin;
use crate::auth::SigningKeys;
use crate::config::S3Config;
use crate::faults::Arrival;
use crate::ids::Ids;
use crate::service;
use crate::store::file::OpenError;
use crate::store::{self, MemoryBackend, Store, micros};

/// An S3. Cloning is cheap; clones share everything.
#[derive(Clone)]
pub struct S3Mock {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    config: RwLock<Arc<S3Config>>,
    pub(crate) clock: Clock,
    pub(crate) store: Store,
    pub(crate) ids: Ids,
    pub(crate) signing_keys: SigningKeys,
    revoked: Mutex<BTreeSet<String>>,
    recorder: Recorder,
    injector: Injector,
}

impl std::fmt::Debug for S3Mock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("S3Mock").field("config", &self.config()).finish_non_exhaustive()
    }
}

impl S3Mock {
    /// A store in memory. Ids come from `seed`, dates and ages from `clock`.
    pub fn new(config: S3Config, clock: Clock, seed: u64) -> Self {
        let backend = MemoryBackend::new(config.limits.max_stored);
        Self::with_store(config, clock, seed, Store::new(Box::new(backend)))
    }

    /// A store in a directory, for sizes beyond memory; what it held is there again.
    ///
    /// # Errors
    /// If the directory cannot be used, is in use, or holds something else.
    pub fn open(config: S3Config, clock: Clock, seed: u64, directory: &Path) -> Result<Self, OpenError> {
        let store = Store::replay(store::file::open(directory)?)?;
        Ok(Self::with_store(config, clock, seed, store))
    }

    fn with_store(config: S3Config, clock: Clock, seed: u64, store: Store) -> Self {
        let recorder = Recorder::new(clock.clone(), config.journal);
        let injector = Injector::new(FaultSet::new(Vec::new(), seed), On::S3, clock.clone());
        let config = RwLock::new(Arc::new(config));
        let (ids, signing_keys, revoked) = (Ids::new(seed), SigningKeys::default(), Mutex::default());
        let inner = Inner { config, clock, store, ids, signing_keys, revoked, recorder, injector };
        let mock = Self { inner: Arc::new(inner) };
        mock.set_up();
        mock
    }

    /// Makes the configured buckets and tells the recorder the secrets.
    fn set_up(&self) {
        let config = self.config();
        for bucket in &config.buckets {
            if let Err(error) = self.inner.store.create_bucket(bucket, micros(self.inner.clock.now())) {
                tracing::error!(bucket, %error, "cannot make a bucket of the S3 store");
            }
        }
        for credential in &config.credentials {
            self.inner.recorder.secret(&credential.secret_key);
        }
    }

    /// The configuration as it is now.
    pub fn config(&self) -> Arc<S3Config> {
        self.inner.config.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes the configuration for all requests from now on. (Credentials: see [`Admin::set_credentials`].)
    pub fn configure(&self, change: impl FnOnce(&mut S3Config)) {
        let mut current = self.inner.config.write().unwrap_or_else(PoisonError::into_inner);
        let mut config = S3Config::clone(&current);
        change(&mut config);
        for credential in &config.credentials {
            self.inner.recorder.secret(&credential.secret_key);
        }
        *current = Arc::new(config);
    }

    /// The store as its clients see it: recorded on the lane `registry -> s3`, with faults.
    pub fn party(&self) -> Party {
        self.inner.recorder.layer(Lane::new("registry", "s3"), self.faulted())
    }

    /// The journal: every exchange with its operation, key class, bytes, times and faults.
    pub fn recorder(&self) -> &Recorder {
        &self.inner.recorder
    }

    /// The faults of this store: replaced, added to, counted.
    pub fn injector(&self) -> &Injector {
        &self.inner.injector
    }

    /// The clock of the store.
    pub fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    /// Looks and acts on what is really there: without HTTP, without signatures, without faults.
    pub fn admin(&self) -> Admin {
        Admin::new(self.clone())
    }

    /// The store with faults, not recorded.
    fn faulted(&self) -> Party {
        let mock = self.clone();
        Party::from_fn(move |request: Request| {
            let mock = mock.clone();
            async move { mock.answer(request).await }
        })
    }

    async fn answer(&self, mut request: Request) -> Result<Response, WireError> {
        request.extensions_mut().insert(Arrival(self.inner.store.seq()));
        let (target, note) = service::known(&self.config(), &request);
        let firing = self.inner.injector.decide(&Call {
            on: On::S3,
            operation: Some(&note.operation),
            method: request.method(),
            path: request.uri().path(),
            query: request.uri().query().unwrap_or_default(),
            headers: request.headers(),
            key: &note.key,
        });
        Annotations::note(&request, Annotation::S3(note.clone()));
        let Some(firing) = firing else { return Ok(service::serve(self.clone(), request, (target, note)).await) };
        // A fault may have changed the request: it is looked at again.
        let serve = |request| {
            let mock = self.clone();
            async move {
                let known = service::known(&mock.config(), &request);
                Ok(service::serve(mock, request, known).await)
            }
        };
        // In a box: what is rare shall not make every other answer's future larger.
        Box::pin(self.inner.injector.carry_out(&firing, request, serve)).await
    }

    /// The date as the store has it when its clock is off by so much.
    pub(crate) fn now(&self, skew_ms: i64) -> SystemTime {
        let distance = Duration::from_millis(skew_ms.unsigned_abs());
        let now = self.inner.clock.now();
        if skew_ms < 0 { now.checked_sub(distance).unwrap_or(now) } else { now.checked_add(distance).unwrap_or(now) }
    }

    fn revoked(&self) -> std::sync::MutexGuard<'_, BTreeSet<String>> {
        self.inner.revoked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Refuses a known access key until the credentials change.
    pub(crate) fn revoke(&self, access_key: Option<String>) {
        let config = self.config();
        let known = access_key.filter(|key| config.credentials.iter().any(|known| known.access_key == *key));
        self.revoked().extend(known);
    }

    pub(crate) fn forget_revoked(&self) {
        self.revoked().clear();
    }

    pub(crate) fn is_revoked(&self, access_key: &str) -> bool {
        self.revoked().contains(access_key)
    }
}
