//! A store of somebody else as the storage of a scenario: behind a proxy that misbehaves as the scenario says, in a directory of the
//! bucket that is the scenario's alone and is removed when it is over. Not here: what a proxy does (`shakedown_s3`).

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::FutureExt;
use http::Uri;
use sha2::{Digest as _, Sha256};
use shakedown_faults::glob::Glob;
use shakedown_faults::{Effect, Fault, FaultSet, On};
use shakedown_registry::{BucketEditor, RegistryConfig};
use shakedown_s3::Proxy;
use shakedown_scenario::steps::{Step, StorageStep};
use shakedown_scenario::{Need, Plan, S3Settings};
use shakedown_wire::network::{self, NetworkOptions};
use shakedown_wire::{Clock, Exchange, Lane, Party, Recorder};

use crate::content::digest_text;
use crate::store::Store;
use crate::view::{BucketView, Look, ObjectEntry, UploadEntry, ViewError};

/// Exchanges kept of one scenario.
const LIMIT: usize = 20_000;

/// Where somebody's store is, and as whom it is used.
#[derive(Clone)]
pub struct ForeignStorage {
    /// Its address: scheme and authority.
    pub endpoint: Uri,
    /// The bucket; it must exist.
    pub bucket: String,
    /// The region that requests are signed for.
    pub region: String,
    /// The access key.
    pub access_key: String,
    /// Its secret.
    pub secret_key: String,
    /// The directory of the bucket in which everything is written. Nobody else may use it.
    pub directory: String,
    /// An object in that directory with its own name as its content: while it is there, a run is at work or has crashed.
    pub marker: String,
    /// PEM with certificates to trust besides Mozilla's.
    pub roots_pem: Option<Vec<u8>>,
}

impl ForeignStorage {
    fn network(&self) -> Party {
        network::client(&NetworkOptions { extra_roots_pem: self.roots_pem.clone(), ..NetworkOptions::default() })
    }

    fn editor(&self, clock: &Clock, seed: u64) -> BucketEditor {
        let mut config = RegistryConfig::new(self.endpoint.clone(), &self.bucket, &self.access_key, &self.secret_key);
        config.storage.region.clone_from(&self.region);
        BucketEditor::new(config.storage, self.network(), clock.clone(), seed)
    }

    fn marker(&self) -> String {
        format!("{}/{}", self.directory.trim_matches('/'), self.marker)
    }

    /// Takes the directory, and sees on the way whether the store can be used at all.
    ///
    /// # Errors
    /// It cannot; one line that says why.
    pub(crate) async fn open(&self) -> Result<(), String> {
        let editor = self.editor(&Clock::real_time(), 0);
        let content = Bytes::copy_from_slice(self.marker.as_bytes());
        let written = editor.put(&self.marker(), content).await;
        written.map_err(|error| format!("the bucket {} at {} cannot be used: {error}", self.bucket, self.endpoint))
    }

    /// Gives the directory back; tells what could not be removed.
    pub(crate) async fn close(&self) -> Option<String> {
        let removed = self.editor(&Clock::real_time(), 0).delete(&[self.marker()]).await;
        removed.err().map(|error| format!("{}: {error}", self.marker()))
    }
}

impl std::fmt::Debug for ForeignStorage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { endpoint, bucket, directory, .. } = self;
        write!(f, "ForeignStorage({endpoint} {bucket}/{directory})")
    }
}

/// The scenario's directory in the bucket.
pub(crate) struct ForeignStore {
    editor: BucketEditor,
    proxy: Proxy,
    recorder: Recorder,
    /// With its slash.
    directory: String,
    /// Uploads that a step of the scenario began.
    begun: Mutex<BTreeSet<String>>,
}

impl std::fmt::Debug for ForeignStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ForeignStore({})", self.directory)
    }
}

impl ForeignStore {
    /// For the scenario with this name in the store's directory.
    pub(crate) fn new(place: &ForeignStorage, name: &str, clock: &Clock, seed: u64) -> Arc<Self> {
        let directory = format!("{}/{name}", place.directory.trim_matches('/'));
        let editor = place.editor(clock, seed);
        let faults = FaultSet::new(Vec::new(), seed);
        let proxy = Proxy::new(place.endpoint.clone(), place.network(), faults, clock.clone()).below(&directory);
        let recorder = Recorder::new(clock.clone(), LIMIT);
        recorder.secret(&place.secret_key);
        Arc::new(Self { editor, proxy, recorder, directory: format!("{directory}/"), begun: Mutex::default() })
    }

    /// What stands between the registry and the store.
    pub(crate) fn party(&self) -> Party {
        self.recorder.layer(Lane::new("registry", "s3"), self.proxy.party())
    }

    /// The registry's `rootdirectory`.
    pub(crate) fn root(&self) -> &str {
        self.directory.trim_end_matches('/')
    }

    /// Removes all that is in the directory; gives what could not be removed.
    pub(crate) async fn remove(&self) -> Vec<String> {
        let mut left = Vec::new();
        let uploads = self.editor.reader().uploads(&self.directory).await;
        let uploads = uploads.unwrap_or_else(|error| {
            left.push(format!("perhaps uploads in {}: {error}", self.directory));
            Vec::new()
        });
        for upload in uploads {
            if let Err(error) = self.editor.abort_upload(&upload.key, &upload.id).await {
                left.push(format!("upload of {}: {error}", upload.key));
            }
        }
        let removed = match self.whole_keys().await {
            Ok(keys) => self.editor.delete(&keys).await.map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        left.extend(removed.err().map(|error| format!("objects in {}: {error}", self.directory)));
        left
    }

    async fn whole_keys(&self) -> Result<Vec<String>, ViewError> {
        Ok(self.keys("**").await?.into_iter().map(|entry| self.whole(&entry.key)).collect())
    }

    fn whole(&self, key: &str) -> String {
        format!("{}{key}", self.directory)
    }

    /// Keys that match, as they are below the directory.
    async fn keys(&self, glob: &str) -> Result<Vec<ObjectEntry>, ViewError> {
        let (glob, mut found, mut token) = (Glob::new(glob), Vec::new(), None::<String>);
        loop {
            let page = self.editor.reader().list(&self.directory, token.as_deref()).await;
            let (objects, next) = page.map_err(seen("the bucket"))?;
            found.extend(objects.into_iter().filter_map(|object| {
                let key = object.key.strip_prefix(&self.directory)?;
                glob.fits_path(key).then(|| ObjectEntry { key: key.to_owned(), size: object.size })
            }));
            token = next;
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    /// Changes what is stored at a key.
    async fn edit(&self, key: &str, size: u64, change: impl FnOnce(&mut Vec<u8>)) -> Result<(), ViewError> {
        let whole = self.whole(key);
        let limit = usize::try_from(size).unwrap_or(usize::MAX);
        let Some(bytes) = self.editor.reader().read(&whole, limit).await.map_err(seen(key))? else { return Ok(()) };
        let mut bytes = bytes.to_vec();
        change(&mut bytes);
        self.editor.put(&whole, bytes.into()).await.map_err(seen(key))
    }

    async fn change(&self, step: &StorageStep) -> Result<(), ViewError> {
        match step {
            StorageStep::SwapBucket { .. } => {
                self.editor.delete(&self.whole_keys().await?).await.map_err(seen("the bucket"))
            }
            StorageStep::Delete(glob) => {
                let keys: Vec<_> = self.keys(glob).await?.iter().map(|entry| self.whole(&entry.key)).collect();
                self.editor.delete(&keys).await.map_err(seen("the bucket"))
            }
            StorageStep::Truncate { key, to } => {
                for entry in self.keys(key).await?.into_iter().filter(|entry| entry.size > *to) {
                    let to = usize::try_from(*to).unwrap_or(usize::MAX);
                    self.edit(&entry.key, entry.size, |bytes| bytes.truncate(to)).await?;
                }
                Ok(())
            }
            StorageStep::Corrupt { key, at } => {
                for entry in self.keys(key).await?.into_iter().filter(|entry| entry.size > *at) {
                    let at = usize::try_from(*at).unwrap_or(usize::MAX);
                    self.edit(&entry.key, entry.size, |bytes| bytes[at] ^= 0xff).await?;
                }
                Ok(())
            }
            // Done by the step with the primitives of the store.
            StorageStep::Remember(_) | StorageStep::Lose { .. } | StorageStep::Write { .. } => Ok(()),
            StorageStep::ForeignUploads { count, prefix } => {
                for number in 0..*count {
                    let key = self.whole(&format!("{prefix}{number:06}"));
                    let id = self.editor.create_upload(&key).await.map_err(seen("the bucket"))?;
                    self.begun.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
                }
                Ok(())
            }
        }
    }
}

fn seen(what: &str) -> impl Fn(String) -> ViewError {
    move |reason| ViewError { what: what.to_owned(), reason }
}

impl BucketView for ForeignStore {
    fn objects(&self) -> Look<'_, Vec<ObjectEntry>> {
        self.keys("**").boxed()
    }

    fn read<'a>(&'a self, key: &'a str, limit: usize) -> Look<'a, Option<Bytes>> {
        async move { self.editor.reader().read(&self.whole(key), limit).await.map_err(seen(key)) }.boxed()
    }

    fn digest<'a>(&'a self, key: &'a str) -> Look<'a, Option<String>> {
        async move {
            let body = self.editor.reader().open(&self.whole(key)).await.map_err(seen(key))?;
            let Some(mut body) = body else { return Ok(None) };
            let mut hash = Sha256::new();
            while let Some(frame) = body.next().await {
                hash.update(frame.map_err(|error| seen(key)(error.to_string()))?);
            }
            Ok(Some(digest_text(hash)))
        }
        .boxed()
    }

    fn uploads(&self) -> Look<'_, Vec<UploadEntry>> {
        async move {
            let uploads = self.editor.reader().uploads(&self.directory).await.map_err(seen("the open uploads"))?;
            let begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
            let own = uploads.into_iter().filter(|upload| !begun.contains(&upload.id)).filter_map(|upload| {
                let key = upload.key.strip_prefix(&self.directory)?.to_owned();
                Some(UploadEntry { key, upload_id: upload.id })
            });
            Ok(own.collect())
        }
        .boxed()
    }
}

impl Store for ForeignStore {
    fn set_faults(&self, faults: Vec<Fault>, seed: u64) -> Look<'_, ()> {
        self.proxy.injector().replace(faults, seed);
        async { Ok(()) }.boxed()
    }

    fn event<'a>(&'a self, name: &'a str) -> Look<'a, ()> {
        self.proxy.injector().event(name);
        async { Ok(()) }.boxed()
    }

    fn change<'a>(&'a self, step: &'a StorageStep) -> Look<'a, ()> {
        self.change(step).boxed()
    }

    fn put<'a>(&'a self, key: &'a str, content: Bytes) -> Look<'a, ()> {
        async move { self.editor.put(&self.whole(key), content).await.map_err(seen(key)) }.boxed()
    }

    fn calls(&self) -> Look<'_, Vec<Exchange>> {
        let calls = self.recorder.exchanges();
        async { Ok(calls) }.boxed()
    }

    fn forget_calls(&self) -> Look<'_, ()> {
        self.recorder.clear();
        async { Ok(()) }.boxed()
    }

    fn remove(&self) -> Look<'_, Vec<String>> {
        async { Ok(self.remove().await) }.boxed()
    }
}

/// Whether a proxy before a store can do this: it passes on what came, and cannot make a store forget or be late.
pub fn proxy_can(effect: &Effect) -> bool {
    effect.parties().contains(&On::Gateway)
}

/// Why a scenario cannot run on somebody's store.
pub(crate) fn lacks(plan: &Plan) -> Option<String> {
    let scenario = &plan.scenario;
    // What follows from its steps can be done with any store; what its author asks for cannot.
    if scenario.needs.contains(&Need::Mock) {
        return Some("needs the S3 mock, and this is somebody's store".to_owned());
    }
    let rules = S3Settings { refuse_clients: None, ..scenario.given.s3.clone() };
    if rules != S3Settings::default() {
        return Some("the rules of somebody's store cannot be changed (`given.s3`)".to_owned());
    }
    let only_a_store = |faults: &[Fault]| {
        let mut of_s3 = faults.iter().filter(|fault| fault.on == On::S3 && !proxy_can(&fault.effect));
        of_s3.next().map(|fault| fault.effect.name().to_owned())
    };
    let mut found = only_a_store(&scenario.faults);
    for step in scenario.steps.iter().chain(&scenario.finally) {
        step.walk(&mut |step| {
            if let Step::Faults(step) = step
                && found.is_none()
            {
                found = only_a_store(&step.set);
            }
        });
    }
    found.map(|name| format!("`{name}` is something only the S3 mock can do: somebody's store is behind a proxy"))
}
