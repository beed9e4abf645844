//! The reference registry in this process, in memory or on a loopback socket.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::LocalBoxFuture;
use http::Uri;
use shakedown_oci::Version;
use shakedown_registry::life::{GcPolicy, PurgePolicy, Untagged};
use shakedown_registry::{
    Allowed, CredentialSource, Credentials, DefectSet, LocationStyle, Redirect, Registry, RegistryConfig,
};
use shakedown_scenario::steps;
use shakedown_scenario::{RegistrySettings, S3Settings};
use shakedown_wire::server::{self, Server, ServerOptions};
use shakedown_wire::{Clock, MemoryNet, Party};

use super::process::Storage;
use super::{Cleaned, Cleaning, Running, environment};
use crate::lifeline::Lifeline;
use crate::view::ViewError;

/// Where the registry answers in memory.
pub(crate) const AUTHORITY: &str = "registry.test";

/// What is put around each new instance: faults of the front, a recorder at the server's side.
pub(crate) type Wrap = Box<dyn Fn(Party) -> Party + Send + Sync>;

/// Bytes the kernel takes from a client that the registry has not read yet. Large buffers hide that a registry is slow, or that its
/// client has left: by default they hold more than a part.
const RECEIVE_BUFFER: usize = 128 << 10;

fn options() -> ServerOptions {
    ServerOptions { receive_buffer: Some(RECEIVE_BUFFER), ..ServerOptions::default() }
}

/// Where it answers.
#[derive(Debug)]
enum Place {
    Memory { net: MemoryNet, authority: String },
    Tcp { address: SocketAddr, server: Option<Server> },
}

/// A running reference registry with all that is needed to start it again.
pub(crate) struct ReferenceSystem {
    config: RegistryConfig,
    storage: Party,
    clock: Clock,
    seed: u64,
    starts: u64,
    wrap: Wrap,
    place: Place,
    life: Lifeline,
}

impl ReferenceSystem {
    /// Starts it in memory, at `authority`; it reaches everybody by `way`.
    pub(crate) fn in_memory(
        config: RegistryConfig,
        way: Party,
        clock: &Clock,
        seed: u64,
        wrap: Wrap,
        net: &MemoryNet,
        authority: &str,
    ) -> Self {
        let place = Place::Memory { net: net.clone(), authority: authority.to_owned() };
        let mut system = Self::new(config, way, clock, seed, wrap, place);
        net.listen(authority, system.instance());
        system
    }

    /// Starts it at `listen`.
    ///
    /// # Errors
    /// The address is taken.
    pub(crate) fn over_tcp(
        config: RegistryConfig,
        storage: Party,
        clock: &Clock,
        seed: u64,
        wrap: Wrap,
        listen: SocketAddr,
    ) -> Result<(Self, SocketAddr), ViewError> {
        let listener = server::bind(listen).map_err(|error| environment(format!("the registry on {listen}"), error))?;
        let address = listener.local_addr().map_err(|error| environment("a port for the registry", error))?;
        let mut system = Self::new(config, storage, clock, seed, wrap, Place::Tcp { address, server: None });
        let party = system.instance();
        system.place = Place::Tcp { address, server: Some(server::serve(listener, party, options())) };
        Ok((system, address))
    }

    fn new(config: RegistryConfig, storage: Party, clock: &Clock, seed: u64, wrap: Wrap, place: Place) -> Self {
        Self { config, storage, clock: clock.clone(), seed, starts: 0, wrap, place, life: Lifeline::new() }
    }

    /// A new instance; it knows nothing of earlier ones.
    fn instance(&mut self) -> Party {
        self.starts += 1;
        self.life = Lifeline::new();
        let seed = self.seed.wrapping_add(self.starts);
        let registry = Registry::new(self.config.clone(), self.storage.clone(), self.clock.clone(), seed);
        (self.wrap)(self.life.party(registry.party()))
    }

    async fn start_again(&mut self, kill: bool) -> Result<(), ViewError> {
        if kill {
            self.life.kill();
        }
        if let Place::Tcp { server, .. } = &mut self.place {
            match server.take() {
                Some(server) if kill => server.kill().await,
                Some(server) => server.shutdown().await,
                None => {}
            }
        }
        let party = self.instance();
        match &mut self.place {
            Place::Memory { net, authority } => net.listen(authority, party),
            Place::Tcp { address, server } => {
                let listener = server::bind(*address).map_err(|error| environment("the registry's port", error))?;
                *server = Some(server::serve(listener, party, options()));
            }
        }
        Ok(())
    }
}

impl Running for ReferenceSystem {
    fn restart(&mut self, kill: bool) -> LocalBoxFuture<'_, Result<(), ViewError>> {
        Box::pin(self.start_again(kill))
    }

    fn configure(&mut self, settings: &RegistrySettings) -> Result<(), ViewError> {
        set(&mut self.config, settings);
        Ok(())
    }

    fn clean<'a>(&'a mut self, work: &'a Cleaning) -> LocalBoxFuture<'a, Result<Cleaned, ViewError>> {
        Box::pin(async move {
            self.starts += 1;
            let seed = self.seed.wrapping_add(self.starts);
            let registry = Registry::new(self.config.clone(), self.storage.clone(), self.clock.clone(), seed);
            Ok(cleaned(&registry, work).await)
        })
    }

    fn stop(&mut self) -> LocalBoxFuture<'_, ()> {
        Box::pin(async move {
            self.life.kill();
            match &self.place {
                // The registry holds the net it answers on; without this both would live as long as the process.
                Place::Memory { net, authority } => net.close(authority),
                Place::Tcp { server, .. } => server.iter().for_each(Server::abort),
            }
        })
    }
}

impl std::fmt::Debug for ReferenceSystem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReferenceSystem")
            .field("place", &self.place)
            .field("starts", &self.starts)
            .finish_non_exhaustive()
    }
}

/// A process of its own that cleans up, as an operator's job does.
async fn cleaned(registry: &Registry, work: &Cleaning) -> Cleaned {
    let outcome = match work {
        Cleaning::Gc(step) => {
            let mut policy = GcPolicy { untagged: untagged(step.untagged), ..GcPolicy::default() };
            policy.grace = step.grace.map_or(policy.grace, |grace| grace.0);
            // Without grace nobody may push meanwhile, so there is nobody to wait for.
            policy.alone = policy.grace.is_zero();
            registry.collect_garbage(&policy, &|_| {}).await.map(|report| format!("{report:?}"))
        }
        Cleaning::Purge(step) => {
            let policy = PurgePolicy { older_than: step.older_than.0, dry_run: false };
            registry.purge_uploads(&policy, &|_| {}).await.map(|report| format!("{report:?}"))
        }
        Cleaning::Expire(step) => registry.expire(step.older_than.0, &|_| {}).await.map(|report| format!("{report:?}")),
    };
    match outcome {
        Ok(said) => Cleaned { went_well: true, said },
        Err(error) => Cleaned { went_well: false, said: error.to_string() },
    }
}

fn untagged(untagged: steps::Untagged) -> Untagged {
    match untagged {
        steps::Untagged::Keep => Untagged::Keep,
        steps::Untagged::Remove => Untagged::Remove,
    }
}

/// The set of defects with these ids.
///
/// # Errors
/// An id that is not known, with those that are.
pub(super) fn defects(ids: &[String]) -> Result<DefectSet, String> {
    ids.iter().try_fold(DefectSet::none(), |set, id| {
        let known = || shakedown_registry::defects::ALL.iter().map(|defect| defect.id).collect::<Vec<_>>().join(", ");
        let defect = shakedown_registry::defects::find(id)
            .ok_or_else(|| format!("there is no defect `{id}`; there are {}", known()))?;
        Ok(set.with(defect))
    })
}

/// The allowed behaviours with these ids.
///
/// # Errors
/// An id that is not known, with those that are.
pub(super) fn allowed(ids: &[String]) -> Result<Vec<&'static Allowed>, String> {
    let known = || shakedown_registry::allowed::ALL.iter().map(|allowed| allowed.id).collect::<Vec<_>>().join(", ");
    let find = |id: &String| {
        shakedown_registry::allowed::find(id)
            .ok_or_else(|| format!("there is no allowed behaviour `{id}`; there are {}", known()))
    };
    ids.iter().map(find).collect()
}

/// Temporary credentials, as a metadata service gives them out: when some are refused as expired, others lie ready (incident B11).
#[derive(Debug)]
struct TemporaryCredentials {
    given_out: Vec<Credentials>,
    current: AtomicUsize,
}

impl CredentialSource for TemporaryCredentials {
    fn current(&self) -> Credentials {
        self.given_out[self.current.load(Ordering::Relaxed) % self.given_out.len()].clone()
    }

    fn refresh(&self, expired: &Credentials) -> Option<Credentials> {
        if *expired == self.current() {
            self.current.fetch_add(1, Ordering::Relaxed);
        }
        Some(self.current()).filter(|current| current != expired)
    }
}

/// The registry's configuration for a scenario: its settings, and the limits of the store as its operator would enter them.
///
/// # Errors
/// An unknown defect.
pub(crate) fn settings_of_reference(
    storage: &Storage,
    chosen: &RegistrySettings,
    store: &S3Settings,
    version: Version,
    defect_ids: &[String],
    allowed_ids: &[String],
) -> Result<RegistryConfig, ViewError> {
    let endpoint: Uri = storage.endpoint.parse().map_err(|error| environment("the storage's address", error))?;
    let mut config = RegistryConfig::new(endpoint, &storage.bucket, storage.access_key(), storage.secret_key());
    config.storage.region.clone_from(&storage.region);
    config.storage.root_directory.clone_from(&storage.root);
    let given_out = storage.keys.iter().map(|(access_key, secret_key)| Credentials {
        access_key: access_key.clone(),
        secret_key: secret_key.clone(),
        session_token: None,
    });
    config.storage.credentials =
        Arc::new(TemporaryCredentials { given_out: given_out.collect(), current: AtomicUsize::new(0) });
    config.defects = defects(defect_ids).map_err(|error| environment("the reference registry", error))?;
    for one in allowed(allowed_ids).map_err(|error| environment("the reference registry", error))? {
        one.apply(&mut config);
    }
    // `storage-health` needs no switch here: every answer tells how the storage is.
    if let Some(parts) = store.max_parts {
        config.storage.max_parts = parts;
    }
    if let Some(size) = store.max_copy {
        config.storage.copy_limit = size.0;
    }
    config.version = version;
    set(&mut config, chosen);
    Ok(config)
}

/// Changes what a scenario chooses; the rest stays as it is.
fn set(config: &mut RegistryConfig, chosen: &RegistrySettings) {
    fn change<T>(place: &mut T, chosen: Option<T>) {
        if let Some(chosen) = chosen {
            *place = chosen;
        }
    }
    let redirect = |on| if on { Redirect::on(None) } else { Redirect::Off };
    let location = |absolute| if absolute { LocationStyle::Absolute } else { LocationStyle::Relative };
    change(&mut config.storage.part_size, chosen.part_size.map(|size| size.0));
    change(&mut config.delete_enabled, chosen.delete);
    change(&mut config.redirect, chosen.redirect.map(redirect));
    change(&mut config.page_size, chosen.page_size.map(|size| size as usize));
    change(&mut config.sparse, chosen.sparse);
    change(&mut config.referrers, chosen.referrers);
    change(&mut config.warnings, chosen.warning.clone().map(|text| vec![text]));
    change(&mut config.requests_per_minute, chosen.requests_per_minute.map(Some));
    change(&mut config.chunk_min_length, chosen.chunk_min_length.map(|size| Some(size.0)));
    change(&mut config.upload_expiry, chosen.upload_expiry.map(|span| span.0));
    change(&mut config.namespaces, chosen.namespace.clone().map(|name| vec![name]));
    change(&mut config.location, chosen.absolute_locations.map(location));
}
