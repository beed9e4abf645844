//! The world of one scenario: clock, network, storage, registry, recorders. Built alone for each scenario, so none sees another.

mod access;
mod cache;
mod ending;
mod faults;
mod forward;
mod front;
mod gateway;
mod other;
mod peers;
mod replicas;
mod storage;
mod systems;
mod trace;
mod upstream;

use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use shakedown_client::{Client, ClientOptions, Credentials, TraceIds};
use shakedown_containers::engine::{self, Meeting};
use shakedown_faults::gateway::Before;
use shakedown_faults::{Fault, FaultSet, On};
use shakedown_inject::Injector;
use shakedown_scenario::{Plan, RegistrySettings};
use shakedown_wire::network::{self, NetworkOptions};
use shakedown_wire::redact::Redactor;
use shakedown_wire::server::Server;
use shakedown_wire::{Clock, MemoryNet, Party, Recorder};
use tokio::sync::Mutex;

use self::access::Users;
use self::cache::WorldCache;
use self::forward::ForwardStand;
use self::front::{Foreigners, recorded};
use self::other::{OTHER, OtherSite};
use self::peers::Peers;
use self::storage::standing;
use self::upstream::UpstreamPart;
use crate::api::QuietApi;
use crate::content::derive;
use crate::forward::FORWARD_PROXY;
use crate::gateway::GatewayPart;
use crate::options::{Access, Over};
use crate::setup::Setup;
use crate::store::Store;
use crate::systems::{
    Cleaned, Cleaning, ContainerSystem, Fronted, ProcessSystem, REFERENCE_AUTHORITY, ReferenceSystem, Replicas,
    Running, StorageOf, SystemChoice, UrlSystem, environment, refused, settings_of_reference,
};
use crate::view::ViewError;
use crate::written::Written;

pub(crate) use self::upstream::UPSTREAM_CALLS;

/// Exchanges kept of the front of one scenario.
const FRONT_LIMIT: usize = 20_000;
/// Where the mock answers in memory.
const S3_AUTHORITY: &str = "s3.test";
/// The bucket of every scenario; each has a mock of its own.
const BUCKET: &str = "lab";
/// Access keys that are good at the same time; more than one lets a registry exchange expired ones.
const KEYS: u32 = 8;
/// What an exchange takes on its way in memory: about what it takes within a data centre.
const LATENCY: Duration = Duration::from_millis(1);
/// How long a client waits for an answer, and for the next byte of one.
const PATIENCE_IN_MEMORY: Duration = Duration::from_secs(300);
const PATIENCE_OVER_TCP: Duration = Duration::from_secs(120);

/// Everything a scenario acts on.
#[derive(Debug)]
pub(crate) struct World {
    clock: Clock,
    over: Over,
    base: Uri,
    authority: String,
    /// The registry's own address, behind a gateway if there is one: where invariants look.
    direct: Uri,
    gateway: Option<GatewayPart>,
    forward: Option<ForwardStand>,
    other: Option<Mutex<OtherSite>>,
    upstream: Option<UpstreamPart>,
    cache: Mutex<WorldCache>,
    other_base: Option<Uri>,
    peers: Peers,
    seed: u64,
    /// What the client saw.
    front: Recorder,
    /// What the registry's side of the front saw, where that is another process or another end of a socket.
    inner: Recorder,
    client_party: Party,
    quiet_party: Party,
    /// Below all that is noted.
    plain_party: Party,
    traces: TraceIds,
    injector: Injector,
    /// Faults that follow from `given.s3` instead of the scenario's list; behind all others.
    standing: Vec<Fault>,
    users: Users,
    front_faults: std::sync::atomic::AtomicBool,
    store: Option<Arc<dyn Store>>,
    access: Option<Access>,
    /// What is written to a registry that somebody else runs.
    written: Option<Written>,
    running: Mutex<Box<dyn Running + Send>>,
    replicas: u32,
    _servers: Vec<Server>,
}

/// What all kinds of systems are built from.
struct Parts {
    clock: Clock,
    over: Over,
    seed: u64,
    front: Recorder,
    inner: Recorder,
    foreigners: Foreigners,
    injector: Injector,
    gateway: Option<GatewayPart>,
    forward: Option<ForwardStand>,
    upstream: Option<UpstreamPart>,
    net: MemoryNet,
    network: Party,
    /// What `network` was made with.
    options: NetworkOptions,
    /// Where containers reach what stands in this process, if there are containers.
    meeting: Option<Meeting>,
}

/// What a kind of system gives.
struct Built {
    base: Uri,
    running: Box<dyn Running + Send>,
    store: Option<Arc<dyn Store>>,
    servers: Vec<Server>,
}

impl World {
    /// Builds the world; the registry answers, nothing is in it, no fault strikes.
    ///
    /// # Errors
    /// The environment does not let it be built.
    pub(crate) async fn build(plan: &Plan, setup: &Setup) -> Result<Self, ViewError> {
        let mut parts = Parts::new(plan, setup).await?;
        let mut before = Vec::new();
        parts.forward = parts.forward(plan, setup, &mut before)?;
        parts.upstream = plan.scenario.given.upstream.as_ref().map(|_| parts.upstream(setup)).transpose()?;
        let (users, mut peers) = parts.access(plan, setup)?;
        let cache = parts.cache(plan, setup, &mut peers).await?;
        let traces = TraceIds::new();
        let beside = parts.peers(plan, setup, &traces, &mut peers)?;
        let mut built = match &setup.system {
            SystemChoice::Reference { defects, allowed } => {
                parts.reference(plan, setup, (defects, allowed), &users, (&cache, &beside)).await?
            }
            SystemChoice::Process(file) => parts.process(plan, setup, file, &users, &cache).await?,
            SystemChoice::Url { registry, s3_control } => {
                let (system, store) =
                    UrlSystem::attach(registry, s3_control.as_deref(), &parts.network, &parts.clock).await?;
                Built { base: system.base().clone(), running: Box::new(system), store, servers: Vec::new() }
            }
        };
        let other = plan.scenario.given.other.as_ref();
        let other = other.map(|_| parts.site(setup, &OTHER, Box::new(|party| party))).transpose()?;
        let quiet_party = parts.way();
        let direct = built.base.clone();
        let (client_party, front) = parts.way_of_clients(&mut built, setup)?;
        let is_shared = matches!(setup.system, SystemChoice::Url { .. });
        let written = is_shared.then(|| Written::new(&built.base, &setup.prefix(plan)));
        let plain_party = quiet_party.clone();
        let (quiet_party, client_party) = match &written {
            Some(written) => (written.party(quiet_party), written.party(client_party)),
            None => (quiet_party, client_party),
        };
        let authority = built.base.authority().map(ToString::to_string).unwrap_or_default();
        let client_party = recorded(&parts.front, (front, &authority), users.authority(), client_party);
        parts.keep_secret(&setup.secrets);
        setup.secrets.iter().for_each(|secret| beside.secret(secret));
        Ok(Self {
            clock: parts.clock,
            over: setup.over,
            base: built.base,
            authority,
            direct,
            gateway: parts.gateway,
            forward: parts.forward,
            other_base: other.as_ref().map(|other| other.base.clone()),
            other: other.map(Mutex::new),
            upstream: parts.upstream,
            cache: Mutex::new(cache),
            peers: beside,
            seed: parts.seed,
            front: parts.front,
            inner: parts.inner,
            client_party,
            quiet_party,
            traces,
            injector: parts.injector,
            standing: standing(&plan.scenario.given.s3),
            users,
            front_faults: false.into(),
            store: built.store,
            access: setup.access_of(written.is_some()),
            written,
            plain_party,
            running: Mutex::new(built.running),
            replicas: plan.scenario.given.replicas,
            _servers: built.servers.into_iter().chain(peers).chain(before).collect(),
        })
    }

    /// The scenario's clock.
    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The registry's base address.
    pub(crate) fn base(&self) -> &Uri {
        &self.base
    }

    /// `host:port` of the registry.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// How long a client waits.
    pub(crate) fn patience(&self) -> Duration {
        match self.over {
            Over::Memory => PATIENCE_IN_MEMORY,
            Over::Tcp => PATIENCE_OVER_TCP,
        }
    }

    /// The client of somebody who has not logged in: recorded.
    pub(crate) fn client(&self) -> Client {
        self.client_on(self.client_party.clone(), &self.base)
    }

    /// The clients of the users, in their order: recorded.
    pub(crate) fn clients(&self) -> Vec<(String, Client)> {
        let client = |credentials: &Credentials| self.client().with_credentials(credentials.clone());
        self.users.users().map(|(name, credentials)| (name.to_owned(), client(credentials))).collect()
    }

    /// A client that leaves no trace, passes no gateway and may do everything.
    pub(crate) fn quiet_client(&self) -> Client {
        let client = self.client_on(self.quiet_party.clone(), &self.direct);
        match self.users.quiet() {
            Credentials::Anonymous => client,
            credentials => client.with_credentials(credentials.clone()),
        }
    }

    /// From now on this text is shown nowhere.
    pub(crate) fn keep_secret(&self, text: &str) {
        self.front.secret(text);
        self.inner.secret(text);
    }

    /// A client of the second site; it leaves no trace.
    pub(crate) fn other_client(&self) -> Result<Client, String> {
        let base = self.other_base.as_ref().ok_or("there is no other registry (`given.other`)")?;
        Ok(self.client_on(self.quiet_party.clone(), base))
    }

    /// True if the steps' own requests answer challenges: the registry is somebody's, and lets in whom it knows.
    pub(crate) fn authenticates(&self) -> bool {
        self.access.as_ref().is_some_and(|access| !matches!(access.credentials, Credentials::Anonymous))
    }

    /// Removes what was written to a registry that somebody else runs; tells what could not be.
    pub(crate) async fn clean_up(&self) -> Vec<String> {
        match &self.written {
            Some(written) => written.remove(&self.client_on(self.plain_party.clone(), &self.base)).await,
            None => Vec::new(),
        }
    }

    /// Removes what the registry, which is ended, has left on a store that is somebody's; tells what could not be.
    pub(crate) async fn empty_store(&self) -> Vec<String> {
        match &self.store {
            Some(store) => store.remove().await.unwrap_or_else(|error| vec![error.to_string()]),
            None => Vec::new(),
        }
    }

    /// The registry's API for invariants.
    pub(crate) fn api(&self) -> QuietApi {
        QuietApi::new(self.quiet_client(), self.direct.clone())
    }

    fn client_on(&self, party: Party, base: &Uri) -> Client {
        let mut options = ClientOptions::new(base.clone(), self.clock.clone());
        if let Some(access) = &self.access {
            options.credentials = access.credentials.clone();
        }
        options.traces = self.traces.clone();
        options.policy.waits = crate::steps::WAITS;
        options.answer_timeout = self.patience();
        options.idle_timeout = self.patience();
        Client::new(party, options)
    }

    /// The storage, if we can look at it.
    pub(crate) fn store(&self) -> Result<&dyn Store, String> {
        self.store.as_deref().ok_or_else(|| "the storage is not ours: it cannot be looked at or changed".to_owned())
    }

    fn is_behind_gateway(&self) -> bool {
        self.gateway.as_ref().is_some_and(|gateway| gateway.before() == Before::Registry)
    }

    /// User and password of somebody of `given.auth`.
    pub(crate) fn login(&self, user: &str) -> Option<(String, String)> {
        let known = self.users.users().any(|(name, _)| name == user);
        known.then(|| (user.to_owned(), access::password(self.seed, user)))
    }

    /// What is secret in this world, for other texts.
    pub(crate) fn redactor(&self) -> Redactor {
        self.front.redactor()
    }

    /// Ends the registry, or one of its replicas counted from 1, and starts it again.
    pub(crate) async fn restart(
        &self,
        replica: Option<u32>,
        kill: bool,
        settings: &RegistrySettings,
    ) -> Result<(), ViewError> {
        let mut running = self.running.lock().await;
        if *settings != RegistrySettings::default() {
            running.configure(settings)?;
        }
        match replica {
            // The only one there is.
            Some(replica) if self.replicas > 1 => running.restart_replica(replica as usize, kill).await,
            _ => running.restart(kill).await,
        }
    }

    /// Cleans the storage up, as the system does it.
    pub(crate) async fn clean(&self, work: &Cleaning) -> Result<Cleaned, ViewError> {
        self.running.lock().await.clean(work).await
    }

    /// The descriptor cache.
    pub(crate) async fn cache(&self) -> tokio::sync::MutexGuard<'_, WorldCache> {
        self.cache.lock().await
    }

    /// The seed of everything random in this world.
    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    /// Whether calls to the registry's storage can be seen.
    pub(crate) fn sees_storage(&self) -> bool {
        self.store.is_some()
    }
}

impl Parts {
    /// The way of clients to what was built, and the lane on which they arrive. Its address is then that of what stands before it.
    fn way_of_clients(&self, built: &mut Built, setup: &Setup) -> Result<(Party, &'static str), ViewError> {
        let direct = built.base.clone();
        if let Some(gateway) = self.gateway.as_ref().filter(|gateway| gateway.before() == Before::Registry) {
            built.base = self.stand(gateway, &direct, setup, &mut built.servers)?;
            return Ok((gateway::out_of_reach(&direct, setup.budget.party(self.way())), "gateway"));
        }
        if let Some((base, way)) = direct.authority().and_then(|direct| self.through_proxy(direct)) {
            built.base = uri(&base)?;
            return Ok((setup.budget.party(way), FORWARD_PROXY));
        }
        Ok((setup.budget.party(self.way()), "registry"))
    }

    /// These texts are shown nowhere.
    fn keep_secret(&self, secrets: &[String]) {
        for secret in secrets {
            self.front.secret(secret);
            self.inner.secret(secret);
            self.gateway.iter().for_each(|gateway| gateway.secret(secret));
            self.forward.iter().for_each(|forward| forward.part.secret(secret));
            self.upstream.iter().for_each(|upstream| upstream.secret(secret));
        }
    }

    /// The way to everybody.
    fn way(&self) -> Party {
        match self.over {
            Over::Memory => self.net.party(),
            Over::Tcp => self.network.clone(),
        }
    }

    async fn new(plan: &Plan, setup: &Setup) -> Result<Self, ViewError> {
        let (meeting, gateway) = match &setup.system {
            SystemChoice::Process(file) => {
                let meeting = if file.needs_containers() { Some(engine::meeting().await) } else { None };
                let meeting = meeting.transpose().map_err(|error| refused(&file.title, error))?;
                (meeting, file.gateway.as_ref())
            }
            SystemChoice::Reference { .. } | SystemChoice::Url { .. } => (None, None),
        };
        let gateway = plan.scenario.given.gateway.as_ref().or(gateway);
        let clock = match setup.over {
            Over::Memory => Clock::virtual_time(),
            Over::Tcp => Clock::real_time(),
        };
        let patience = Some(PATIENCE_OVER_TCP);
        let roots = setup.access.roots_pem.clone();
        let network = NetworkOptions {
            head_timeout: patience,
            body_timeout: patience,
            extra_roots_pem: roots,
            ..NetworkOptions::default()
        };
        Ok(Self {
            meeting,
            front: Recorder::new(clock.clone(), FRONT_LIMIT),
            inner: Recorder::new(clock.clone(), FRONT_LIMIT),
            foreigners: Foreigners::default(),
            injector: Injector::new(FaultSet::new(Vec::new(), 0), On::Registry, clock.clone()),
            seed: setup.derive(plan, "world"),
            gateway: gateway.map(|settings| GatewayPart::new(settings, &clock)),
            forward: None,
            upstream: None,
            net: MemoryNet::with_latency(LATENCY),
            network: network::client(&network),
            options: network,
            over: setup.over,
            clock,
        })
    }
}

fn uri(text: &str) -> Result<Uri, ViewError> {
    text.parse().map_err(|error| environment(format!("the address {text}"), error))
}
