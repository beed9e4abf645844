//! A system that stands alone on an S3 mock of its own, over loopback sockets and in real time: what loads are made on.
//! Not here: the load (`shakedown-load`), and systems inside of scenarios (`world`).

use std::collections::BTreeMap;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::Uri;
use http::header::CONTENT_LENGTH;
use shakedown_containers::engine::{self, Meeting};
use shakedown_faults::Fault;
use shakedown_oci::Version;
use shakedown_s3::{Credential, EtagMode, S3Config, S3Mock};
use shakedown_scenario::RegistrySettings;
use shakedown_wire::network::{self, NetworkOptions};
use shakedown_wire::server::{self, Server, ServerOptions};
use shakedown_wire::{Annotation, Annotations, Clock, Party, Request};
use tempfile::TempDir;

use crate::folder;
use crate::systems::{
    ContainerSystem, NAMES, ProcessSystem, ReferenceSystem, Running, Storage, SystemChoice, SystemFile, environment,
    refused, settings_of_reference, version_of,
};
use crate::usage::{self, Usage};
use crate::view::ViewError;

/// The bucket.
const BUCKET: &str = "lab";
/// Connections kept; as many as workers may be.
const CONNECTIONS: usize = 4096;

/// What a hosted system stands on.
#[derive(Debug, Clone, Default)]
pub struct HostOptions {
    /// Seed of ids.
    pub seed: u64,
    /// ETags that cost no MD5.
    pub fast_etags: bool,
    /// Objects of our own storage are files in a folder that goes when the system does; so many bytes of them are expected.
    pub on_disk: Option<u64>,
    /// Faults of the storage, if it is our own; they act from the beginning until [`Hosted::storm`] ends them.
    pub faults: Vec<Fault>,
    /// The storage that somebody else has started; an S3 mock of our own if absent.
    pub storage: Option<HostStorage>,
    /// Values for the system file.
    pub vars: BTreeMap<String, String>,
}

/// A storage that is there already.
#[derive(Debug, Clone)]
pub struct HostStorage {
    /// `http://host:port`.
    pub endpoint: String,
    /// Bucket.
    pub bucket: String,
    /// Access key and its secret.
    pub keys: (String, String),
    /// Region.
    pub region: String,
}

/// What was asked of the storage, as requests and answers announced it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StorageTally {
    /// Requests by S3 operation.
    pub by_operation: BTreeMap<String, u64>,
    /// Bytes of requests.
    pub bytes_in: u64,
    /// Bytes of answers.
    pub bytes_out: u64,
    /// How often each fault struck, by what it does.
    pub faults: BTreeMap<String, u64>,
}

/// A system on its own mock.
pub struct Hosted {
    base: Uri,
    version: Option<String>,
    network: Party,
    /// Absent where the storage is not ours.
    tally: Option<Arc<Mutex<StorageTally>>>,
    running: Option<Box<dyn Running>>,
    /// Its storage, where that is ours, and the faults it will have.
    mock: Option<S3Mock>,
    faults: Vec<Fault>,
    seed: u64,
    /// The process that keeps the system, if it is one of its own.
    keeper: Option<u32>,
    _storage: Option<Server>,
    /// Where objects of the storage are files; goes last.
    folder: Option<TempDir>,
}

impl Hosted {
    /// Starts it and waits until it is ready.
    ///
    /// # Errors
    /// The program is not there, or does not start.
    pub async fn start(choice: &SystemChoice, options: &HostOptions) -> Result<Self, ViewError> {
        let clock = Clock::real_time();
        let patient = NetworkOptions { idle_connections: CONNECTIONS, ..NetworkOptions::default() };
        // Whoever makes load has limits of its own for answers and for silence, and two timers a request are measurable.
        let network = network::client(&NetworkOptions { head_timeout: None, body_timeout: None, ..patient.clone() });
        if let SystemChoice::Url { registry, .. } = choice {
            let base = parse(registry)?;
            return Ok(Self {
                base,
                version: None,
                network,
                tally: None,
                running: None,
                mock: None,
                faults: Vec::new(),
                seed: options.seed,
                keeper: None,
                _storage: None,
                folder: None,
            });
        }
        let tally = Arc::default();
        let (storage, mock, server, folder) = match &options.storage {
            Some(HostStorage { endpoint, bucket, keys, region }) => {
                let (endpoint, bucket, region) = (endpoint.clone(), bucket.clone(), region.clone());
                (Storage { endpoint, bucket, keys: vec![keys.clone()], region, root: String::new() }, None, None, None)
            }
            None => {
                let meeting = meeting(choice, options).await?;
                let folder = options.on_disk.map(folder_for).transpose()?;
                let place = folder.as_ref().map(TempDir::path);
                let (storage, mock, server) = storage(&clock, options, &tally, meeting.as_ref(), place)?;
                (storage, Some(mock), Some(server), folder)
            }
        };
        let (address, version, running, keeper): Begun = match choice {
            SystemChoice::Process(file) => of_file(file, options, &storage, &clock, &network::client(&patient)).await?,
            SystemChoice::Reference { defects, allowed } => {
                let (registry, s3) = (RegistrySettings::default(), Default::default());
                let config = settings_of_reference(&storage, &registry, &s3, Version::default(), defects, allowed)?;
                let way = network::client(&patient);
                let plain = Box::new(|party| party);
                let (system, address) =
                    ReferenceSystem::over_tcp(config, way, &clock, options.seed, plain, crate::setup::ANY_PORT)?;
                (address, Some(env!("CARGO_PKG_VERSION").to_owned()), Box::new(system), None)
            }
            SystemChoice::Url { .. } => unreachable!("answered above"),
        };
        let base = parse(&format!("http://{address}"))?;
        let tally = server.is_some().then_some(tally);
        Ok(Self {
            base,
            version,
            network,
            tally,
            running: Some(running),
            mock,
            faults: options.faults.clone(),
            seed: options.seed,
            keeper,
            _storage: server,
            folder,
        })
    }

    /// Puts objects into its storage, without a request for each; gives how many there were.
    ///
    /// # Errors
    /// Its storage is not ours, or it is full.
    pub async fn fill(&self, objects: impl IntoIterator<Item = (String, Bytes)>) -> Result<usize, ViewError> {
        const WHAT: &str = "the storage of the load";
        let own = "the registry has a storage of its own, which is not ours to fill: choose a load without `grown`";
        let mock = self.mock.as_ref().ok_or_else(|| environment(WHAT, own))?;
        mock.admin().put_many(BUCKET, objects).await.map_err(|error| environment(WHAT, error))
    }

    /// The folder in which objects of its storage are files, if they are.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_ref().map(TempDir::path)
    }

    /// How many bytes its storage holds at most, if that was too few: it has refused writes.
    pub fn was_full(&self) -> Option<u64> {
        let mock = self.mock.as_ref().filter(|mock| mock.admin().was_full())?;
        Some(mock.config().limits.max_stored)
    }

    /// Where it answers.
    pub fn base(&self) -> &Uri {
        &self.base
    }

    /// The way there.
    pub fn network(&self) -> &Party {
        &self.network
    }

    /// What it says its version is.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// A reading of what it has taken since it was started.
    pub fn meter(&self) -> impl Fn() -> (Option<StorageTally>, Option<Usage>) + Send + Sync + use<> {
        let (tally, keeper) = (self.tally.clone(), self.keeper);
        move || (tally.as_deref().map(|tally| locked(tally).clone()), keeper.and_then(usage::of_children))
    }

    /// A reading of how often each fault of its storage has struck, by what it does.
    pub fn faults(&self) -> impl Fn() -> BTreeMap<String, u64> + Send + Sync + use<> {
        let tally = self.tally.clone();
        move || tally.as_deref().map(|tally| locked(tally).faults.clone()).unwrap_or_default()
    }

    /// What lets the faults of its storage begin, from nothing, or end.
    pub fn storm(&self) -> impl Fn(bool) + Send + Sync + use<> {
        let (mock, faults, seed) = (self.mock.clone(), self.faults.clone(), self.seed);
        move |rages| {
            if let Some(mock) = &mock {
                mock.injector().replace(if rages { faults.clone() } else { Vec::new() }, seed);
            }
        }
    }

    /// Ends it, if it is ours.
    pub async fn stop(mut self) {
        if let Some(mut running) = self.running.take() {
            running.stop().await;
        }
    }
}

impl fmt::Debug for Hosted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hosted").field("base", &self.base).field("version", &self.version).finish_non_exhaustive()
    }
}

/// Where it answers, its version, the system, and the process that keeps it.
type Begun = (SocketAddr, Option<String>, Box<dyn Running>, Option<u32>);

/// Starts what a file tells of.
async fn of_file(
    file: &SystemFile,
    options: &HostOptions,
    storage: &Storage,
    clock: &Clock,
    network: &Party,
) -> Result<Begun, ViewError> {
    if file.front.is_some() || file.replicas > 1 || file.gateway.is_some() {
        return Err(environment(&*file.title, "this is for a system by itself: one process, one container, or a URL"));
    }
    if file.is_contained() && options.storage.is_some() {
        return Err(environment(
            &*file.title,
            "a container does not reach a storage on loopback: start it without one",
        ));
    }
    // All bytes go through the registry: what is measured is the registry, not the mock.
    let redirect = file.settings.redirect.map(|_| false);
    let settings = RegistrySettings { redirect, ..RegistrySettings::default() };
    // Nobody logs in and nothing is cached: what scenarios would fill in is empty here.
    let empty = NAMES.iter().map(|&name| (name.to_owned(), String::new()));
    let vars: BTreeMap<_, _> = empty.chain(options.vars.clone()).collect();
    if file.is_contained() {
        let system = ContainerSystem::start(file, &vars, &settings, storage, (clock, network), 1).await?;
        let image = file.images(&options.vars).into_iter().next();
        return Ok((system.address()?, image, Box::new(system), None));
    }
    let version = version_of(file, &options.vars).await?;
    let system = ProcessSystem::start(file, &vars, &settings, storage, clock, network, 1).await?;
    let keeper = system.keeper();
    Ok((system.address(), version, Box::new(system), keeper))
}

fn parse(address: &str) -> Result<Uri, ViewError> {
    address.parse().map_err(|error| environment(address, error))
}

/// Where containers reach us, if the system is in one; what runs that are gone have left is removed, and its images are there.
async fn meeting(choice: &SystemChoice, options: &HostOptions) -> Result<Option<Meeting>, ViewError> {
    let SystemChoice::Process(file) = choice else { return Ok(None) };
    if !file.is_contained() {
        return Ok(None);
    }
    let own = |error| refused(&file.title, error);
    shakedown_containers::reap().await.map_err(own)?;
    for image in file.images(&options.vars) {
        shakedown_containers::require(&image).await.map_err(own)?;
    }
    engine::meeting().await.map(Some).map_err(own)
}

/// A folder for so many bytes, where they have room; what loads that were killed have left there is removed first.
fn folder_for(bytes: u64) -> Result<TempDir, ViewError> {
    let what = format!("a folder for the storage in {}", std::env::temp_dir().display());
    folder::reap();
    let free = folder::free().map_err(|error| environment(&*what, error))?;
    if free < bytes {
        let (free, bytes) = (free >> 20, bytes.div_ceil(1 << 20));
        let lack =
            format!("{free} MiB are free and {bytes} MiB are needed: free some, or name another: export TMPDIR=DIR");
        return Err(environment(what, lack));
    }
    folder::new().map_err(|error| environment(what, error))
}

/// The mock on a free port of loopback, or where containers reach it.
fn storage(
    clock: &Clock,
    options: &HostOptions,
    tally: &Arc<Mutex<StorageTally>>,
    meeting: Option<&Meeting>,
    folder: Option<&Path>,
) -> Result<(Storage, S3Mock, Server), ViewError> {
    let keys = ("AKIASHAKEDOWN".to_owned(), format!("{:032x}", u128::from(options.seed) + 1));
    let config = S3Config {
        buckets: vec![BUCKET.to_owned()],
        credentials: vec![Credential::new(&keys.0, &keys.1)],
        etag: if options.fast_etags { EtagMode::Fast } else { EtagMode::Md5 },
        // Nobody reads the journal of a load; what is wanted of it is counted.
        journal: 0,
        ..S3Config::default()
    };
    let mock = match folder {
        None => S3Mock::new(config, clock.clone(), options.seed),
        Some(folder) => S3Mock::open(config, clock.clone(), options.seed, folder)
            .map_err(|error| environment("the storage of the load", error))?,
    };
    mock.injector().replace(options.faults.clone(), options.seed);
    let any = SocketAddr::new(meeting.map_or(Ipv4Addr::LOCALHOST.into(), |meeting| meeting.bind), 0);
    let listener = server::bind(any).map_err(|error| environment("a port for the S3 mock", error))?;
    let server = server::serve(listener, counted(mock.party(), tally.clone()), ServerOptions::default());
    let seen_as = |meeting: &Meeting| format!("http://{}:{}", meeting.name, server.address().port());
    let storage = Storage {
        endpoint: meeting.map_or_else(|| server.base_uri(), seen_as),
        bucket: BUCKET.to_owned(),
        keys: vec![keys],
        region: "us-east-1".to_owned(),
        root: String::new(),
    };
    Ok((storage, mock, server))
}

/// The party, with its requests counted by what it calls them.
fn counted(party: Party, tally: Arc<Mutex<StorageTally>>) -> Party {
    Party::from_fn(move |mut request: Request| {
        let (party, tally) = (party.clone(), tally.clone());
        let annotations = Annotations::default();
        request.extensions_mut().insert(annotations.clone());
        let sent = announced(request.headers());
        let bodyless = request.method() == http::Method::HEAD;
        async move {
            let answer = party.send(request).await;
            let (mut operation, mut faults) = (None, Vec::new());
            for annotation in annotations.take() {
                match annotation {
                    Annotation::S3(note) => operation = Some(note.operation),
                    Annotation::Fault(note) => faults.push(note.summary),
                    Annotation::Note(_) => {}
                }
            }
            let received = answer.as_ref().ok().filter(|_| !bodyless).map_or(0, |answer| announced(answer.headers()));
            let mut tally = locked(&tally);
            count(&mut tally.by_operation, operation.as_deref().unwrap_or("unknown"));
            faults.iter().for_each(|fault| count(&mut tally.faults, fault));
            tally.bytes_in += sent;
            tally.bytes_out += received;
            drop(tally);
            answer
        }
    })
}

/// One more of this name, of which there is no second copy.
fn count(counts: &mut BTreeMap<String, u64>, name: &str) {
    match counts.get_mut(name) {
        Some(count) => *count += 1,
        None => drop(counts.insert(name.to_owned(), 1)),
    }
}

fn announced(headers: &http::HeaderMap) -> u64 {
    headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok()).unwrap_or_default()
}

fn locked(tally: &Mutex<StorageTally>) -> MutexGuard<'_, StorageTally> {
    tally.lock().unwrap_or_else(PoisonError::into_inner)
}
