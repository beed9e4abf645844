//! One look at the target before anything runs: a dead one is one line, not a failure of every scenario.

use std::time::Duration;

use shakedown_client::{Client, ClientError, ClientOptions};
use shakedown_containers::engine::PODMAN;
use shakedown_s3::control::ControlClient;
use shakedown_scenario::Need;
use shakedown_wire::network::{self, NetworkOptions};
use shakedown_wire::{Clock, Party};

use crate::content::derive;
use crate::folder;
use crate::foreign::ForeignStorage;
use crate::options::RunOptions;
use crate::setup::prefix;
use crate::systems::{Abilities, Look, StorageOf, SystemChoice, SystemFile, url, version_of};
use crate::written::Written;

/// Limit for the target to say that it is there.
const LIMIT: Duration = Duration::from_secs(60);
/// Limit for images to be fetched.
const FETCH_LIMIT: Duration = Duration::from_secs(900);

/// testcontainers does not know Podman's state `stopped`, and takes it for an error where a container ends before it has looked.
const NO_GC: &str = "testcontainers cannot follow a container that ends by itself, as a collection of garbage does, on Podman: \
                     collect garbage on Docker";

/// What is known of the target before the first scenario.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Target {
    /// What it says of itself.
    pub(crate) version: Option<String>,
    /// The storage under it.
    pub(crate) storage: String,
    /// What it can do, as far as that was looked for.
    pub(crate) abilities: Abilities,
    /// What looking left on it.
    pub(crate) left_behind: Vec<String>,
}

impl Target {
    /// What scenarios need to know of it.
    pub(crate) fn known(&self) -> (Abilities, Vec<String>) {
        (self.abilities.clone(), self.left_behind.clone())
    }
}

/// Why there is no target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Missing {
    /// It should be there: one line, what is not there and what to do.
    Error(String),
    /// It need not be there: why every scenario is skipped.
    Skip(String),
}

impl From<String> for Missing {
    fn from(reason: String) -> Self {
        Self::Error(reason)
    }
}

/// Looks at the target.
///
/// # Errors
/// What is not there.
pub(crate) fn preflight(options: &RunOptions) -> Result<Target, Missing> {
    folder::reap();
    let mut target = system(options)?;
    if let Some(storage) = &options.storage {
        taken(storage, options)?;
        target.storage = format!("{} bucket {}", storage.endpoint, storage.bucket);
    }
    Ok(target)
}

/// Takes a directory of somebody's store.
fn taken(storage: &ForeignStorage, options: &RunOptions) -> Result<(), Missing> {
    if let SystemChoice::Process(file) = &options.system
        && (file.storage == StorageOf::Own || !file.keeps_to_a_directory())
    {
        let reason = "its file does not say ${root-directory}: it would not keep to a directory of the bucket";
        return Err(Missing::Error(format!("{}: {reason}", file.name)));
    }
    let opening = async {
        tokio::select! {
            biased;
            () = options.interrupt.triggered() => Err("interrupted".to_owned()),
            opened = storage.open() => opened,
            () = tokio::time::sleep(LIMIT) => Err(format!("{} did not answer within {LIMIT:?}", storage.endpoint)),
        }
    };
    Ok(own_runtime()?.block_on(opening)?)
}

fn own_runtime() -> Result<tokio::runtime::Runtime, String> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())
}

/// Gives that directory back; tells what could not be removed.
pub(crate) fn given_back(options: &RunOptions) -> Vec<String> {
    let closing = async { tokio::time::timeout(LIMIT, options.storage.as_ref()?.close()).await.ok()? };
    own_runtime().ok().and_then(|runtime| runtime.block_on(closing)).into_iter().collect()
}

fn system(options: &RunOptions) -> Result<Target, Missing> {
    if let SystemChoice::Reference { defects, allowed } = &options.system {
        options.system.check()?;
        let own: Vec<&str> = defects.iter().chain(allowed).map(String::as_str).collect();
        let version = match own.as_slice() {
            [] => env!("CARGO_PKG_VERSION").to_owned(),
            own => format!("{} with {}", env!("CARGO_PKG_VERSION"), own.join(", ")),
        };
        return Ok(Target { version: Some(version), storage: "mock".to_owned(), ..Target::default() });
    }
    let runtime = own_runtime()?;
    let looking = async {
        tokio::time::timeout(LIMIT, look(options)).await.unwrap_or_else(|_| {
            Err(format!("{} did not answer within {LIMIT:?}: is it running?", options.system.name()))
        })
    };
    let containers = runtime.block_on(containers(options))?;
    let mut target = runtime.block_on(looking)?;
    if let Some(contained) = containers {
        target.version = target.version.or(contained.image);
        if contained.engine == PODMAN {
            target.abilities.prevent(Need::Gc, NO_GC);
        }
    }
    Ok(target)
}

/// What a system in containers runs on.
struct Contained {
    /// What its first image is.
    image: Option<String>,
    /// The engine's name.
    engine: &'static str,
}

/// Removes what runs that are gone have left, and has the images fetched that the system needs. Gives what the first one is.
async fn containers(options: &RunOptions) -> Result<Option<Contained>, Missing> {
    let SystemChoice::Process(file) = &options.system else { return Ok(None) };
    if !file.needs_containers() {
        return Ok(None);
    }
    let fetching = async {
        shakedown_containers::reap().await?;
        if file.compose.is_some() {
            shakedown_containers::compose::tool().await?;
        }
        let mut found = None;
        for image in file.images(&options.vars) {
            let is = shakedown_containers::require(&image).await?;
            found.get_or_insert(format!("{image} ({is})"));
        }
        let engine = shakedown_containers::engine::about().await?.name;
        Ok(Some(Contained { image: found, engine }))
    };
    let missing = |error: shakedown_containers::Error| {
        let reason = format!("{}: {error}", file.name);
        if options.require_containers { Missing::Error(reason) } else { Missing::Skip(reason) }
    };
    tokio::select! {
        biased;
        () = options.interrupt.triggered() => Err(Missing::Error("interrupted".to_owned())),
        found = fetching => found.map_err(missing),
        () = tokio::time::sleep(FETCH_LIMIT) => Err(Missing::Error(format!("{}: its images did not come within {FETCH_LIMIT:?}", file.name))),
    }
}

async fn look(options: &RunOptions) -> Result<Target, String> {
    match &options.system {
        SystemChoice::Reference { .. } => Ok(Target::default()),
        SystemChoice::Process(file) if file.is_contained() => {
            Ok(Target { storage: storage_of(file), ..Target::default() })
        }
        SystemChoice::Process(file) => {
            let version = version_of(file, &options.vars).await.map_err(|error| error.to_string())?;
            let version = version.or_else(|| Some(file.title.clone()));
            Ok(Target { version, storage: storage_of(file), ..Target::default() })
        }
        SystemChoice::Url { registry, s3_control } => {
            let roots = options.access.roots_pem.clone();
            let network = network::client(&NetworkOptions { extra_roots_pem: roots, ..NetworkOptions::default() });
            let base = url::address(registry)?;
            let client = client(&base, &network, options);
            tokio::select! {
                biased;
                () = options.interrupt.triggered() => return Err("interrupted".to_owned()),
                answer = ping(&client, registry) => answer?,
            }
            let storage = match s3_control {
                None => "unknown".to_owned(),
                Some(control) => {
                    let client = ControlClient::new(network.clone(), url::address(control)?.to_string());
                    client
                        .time()
                        .await
                        .map_err(|error| format!("no S3 mock can be controlled at {control}: {error}"))?;
                    "mock".to_owned()
                }
            };
            let (abilities, left_behind) = abilities(&base, &network, options).await;
            Ok(Target { version: None, storage, abilities, left_behind })
        }
    }
}

fn storage_of(file: &SystemFile) -> String {
    match file.storage {
        StorageOf::Mock => "mock".to_owned(),
        StorageOf::Own => "its own".to_owned(),
    }
}

fn client(base: &http::Uri, network: &Party, options: &RunOptions) -> Client {
    let mut told = ClientOptions::new(base.clone(), Clock::real_time());
    told.credentials = options.access.credentials.clone();
    Client::new(network.clone(), told)
}

/// Is it there, and does it let us in?
async fn ping(client: &Client, registry: &str) -> Result<(), String> {
    match client.ping().await.result {
        Ok(answer) if answer.status == http::StatusCode::UNAUTHORIZED => {
            Err(format!("{registry} wants credentials other than these (401): see --auth and --token"))
        }
        Err(error @ ClientError::Auth { .. }) => Err(format!("{registry} does not let us in: {error}")),
        Err(error) if error.status().is_none() => Err(format!("no registry answers at {registry}: {error}")),
        _ => Ok(()),
    }
}

/// Looks for what the user has not told, in repositories of this run, and removes what that wrote.
async fn abilities(base: &http::Uri, network: &Party, options: &RunOptions) -> (Abilities, Vec<String>) {
    let prefix = prefix(options.seed, derive(options.seed, &["abilities"]));
    let written = Written::new(base, &prefix);
    let look = Look::new(client(base, &written.party(network.clone()), options), &prefix, options.seed);
    let abilities = tokio::select! {
        biased;
        () = options.interrupt.triggered() => Abilities::default(),
        abilities = options.access.abilities.clone().discover(&look) => abilities,
    };
    let left_behind = written.remove(&client(base, network, options)).await;
    (abilities, left_behind)
}
