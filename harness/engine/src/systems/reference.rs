//! The reference registry in this process, in memory or on a loopback socket.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::LocalBoxFuture;
use http::Uri;
use shakedown_registry::{CredentialSource, Credentials, DefectSet, Redirect, Registry, RegistryConfig};
use shakedown_scenario::{RegistrySettings, S3Settings};
use shakedown_wire::server::{self, Server, ServerOptions};
use shakedown_wire::{Clock, MemoryNet, Party};

use super::process::Storage;
use super::{Running, environment};
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
    Memory(MemoryNet),
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
    /// Starts it in memory.
    pub(crate) fn in_memory(
        config: RegistryConfig,
        storage: Party,
        clock: &Clock,
        seed: u64,
        wrap: Wrap,
        net: MemoryNet,
    ) -> Self {
        let mut system = Self::new(config, storage, clock, seed, wrap, Place::Memory(net));
        let party = system.instance();
        if let Place::Memory(net) = &system.place {
            net.listen(AUTHORITY, party);
        }
        system
    }

    /// Starts it on a free port of loopback.
    ///
    /// # Errors
    /// There is no free port.
    pub(crate) fn over_tcp(
        config: RegistryConfig,
        storage: Party,
        clock: &Clock,
        seed: u64,
        wrap: Wrap,
    ) -> Result<(Self, SocketAddr), ViewError> {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listener = server::bind(any).map_err(|error| environment("a port for the registry", error))?;
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
            Place::Memory(net) => net.listen(AUTHORITY, party),
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

    fn stop(&mut self) -> LocalBoxFuture<'_, ()> {
        Box::pin(async move {
            self.life.kill();
            match &self.place {
                // The registry holds the net it answers on; without this both would live as long as the process.
                Place::Memory(net) => net.close(AUTHORITY),
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
    defect_ids: &[String],
) -> Result<RegistryConfig, ViewError> {
    let endpoint: Uri = storage.endpoint.parse().map_err(|error| environment("the storage's address", error))?;
    let mut config = RegistryConfig::new(endpoint, &storage.bucket, storage.access_key(), storage.secret_key());
    config.storage.region.clone_from(&storage.region);
    let given_out = storage.keys.iter().map(|(access_key, secret_key)| Credentials {
        access_key: access_key.clone(),
        secret_key: secret_key.clone(),
        session_token: None,
    });
    config.storage.credentials =
        Arc::new(TemporaryCredentials { given_out: given_out.collect(), current: AtomicUsize::new(0) });
    config.defects = defects(defect_ids).map_err(|error| environment("the reference registry", error))?;
    // `storage-health` needs no switch here: every answer tells how the storage is.
    if let Some(size) = chosen.part_size {
        config.storage.part_size = size.0;
    }
    if let Some(parts) = store.max_parts {
        config.storage.max_parts = parts;
    }
    if let Some(size) = store.max_copy {
        config.storage.copy_limit = size.0;
    }
    config.delete_enabled = chosen.delete.unwrap_or(true);
    config.redirect = if chosen.redirect.unwrap_or(false) { Redirect::on(None) } else { Redirect::Off };
    Ok(config)
}
