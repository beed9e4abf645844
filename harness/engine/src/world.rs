//! The world of one scenario: clock, network, storage, registry, recorders. Built alone for each scenario, so none sees another.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use shakedown_client::{Client, ClientOptions, TraceIds};
use shakedown_faults::{Fault, FaultSet, On};
use shakedown_inject::Injector;
use shakedown_s3::{Credential, S3Config, S3Mock};
use shakedown_scenario::{Plan, S3Settings};
use shakedown_wire::network::{self, NetworkOptions};
use shakedown_wire::server::{self, Server, ServerOptions};
use shakedown_wire::{Clock, Exchange, Lane, MemoryNet, Party, Recorder};
use tokio::sync::Mutex;

use crate::api::QuietApi;
use crate::content::derive;
use crate::mock::MockStore;
use crate::options::Over;
use crate::setup::Setup;
use crate::store::Store;
use crate::systems::{
    ProcessSystem, REFERENCE_AUTHORITY, ReferenceSystem, Running, Storage, SystemChoice, UrlSystem, environment,
    settings_of_reference,
};
use crate::view::ViewError;

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
/// Virtual time in which everything late becomes visible before invariants look.
const DUST: Duration = Duration::from_secs(60);

/// Everything a scenario acts on.
#[derive(Debug)]
pub(crate) struct World {
    clock: Clock,
    over: Over,
    base: Uri,
    authority: String,
    seed: u64,
    /// What the client saw.
    front: Recorder,
    /// What the registry's side of the front saw, where that is another process or another end of a socket.
    inner: Recorder,
    client_party: Party,
    quiet_party: Party,
    traces: TraceIds,
    injector: Injector,
    /// Faults that follow from `given.s3` instead of the scenario's list; behind all others.
    standing: Vec<Fault>,
    front_faults: std::sync::atomic::AtomicBool,
    store: Option<Arc<dyn Store>>,
    running: Mutex<Box<dyn Running + Send>>,
    _servers: Vec<Server>,
}

/// What all kinds of systems are built from.
struct Parts {
    clock: Clock,
    seed: u64,
    front: Recorder,
    inner: Recorder,
    injector: Injector,
    net: MemoryNet,
    network: Party,
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
        let parts = Parts::new(plan, setup);
        let built = match &setup.system {
            SystemChoice::Reference { defects } => parts.reference(plan, setup, defects).await?,
            SystemChoice::Process(file) => parts.process(plan, setup, file).await?,
            SystemChoice::Url { registry, s3_control } => {
                let (system, store) =
                    UrlSystem::attach(registry, s3_control.as_deref(), &parts.network, &parts.clock).await?;
                Built { base: system.base().clone(), running: Box::new(system), store, servers: Vec::new() }
            }
        };
        let quiet_party = match setup.over {
            Over::Memory => parts.net.party(),
            Over::Tcp => parts.network.clone(),
        };
        let authority = built.base.authority().map(ToString::to_string).unwrap_or_default();
        let client_party = recorded(&parts.front, &authority, setup.budget.party(quiet_party.clone()));
        for secret in &setup.secrets {
            parts.front.secret(secret);
        }
        Ok(Self {
            clock: parts.clock,
            over: setup.over,
            base: built.base,
            authority,
            seed: parts.seed,
            front: parts.front,
            inner: parts.inner,
            client_party,
            quiet_party,
            traces: TraceIds::new(),
            injector: parts.injector,
            standing: standing(&plan.scenario.given.s3),
            front_faults: false.into(),
            store: built.store,
            running: Mutex::new(built.running),
            _servers: built.servers,
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

    /// The client of the steps: recorded.
    pub(crate) fn client(&self) -> Client {
        self.client_on(self.client_party.clone())
    }

    /// A client that leaves no trace.
    pub(crate) fn quiet_client(&self) -> Client {
        self.client_on(self.quiet_party.clone())
    }

    /// The registry's API for invariants.
    pub(crate) fn api(&self) -> QuietApi {
        QuietApi::new(self.quiet_client(), self.base.clone())
    }

    fn client_on(&self, party: Party) -> Client {
        let mut options = ClientOptions::new(self.base.clone(), self.clock.clone());
        options.traces = self.traces.clone();
        options.answer_timeout = self.patience();
        options.idle_timeout = self.patience();
        Client::new(party, options)
    }

    /// The storage, if we can look at it.
    pub(crate) fn store(&self) -> Result<&dyn Store, String> {
        self.store.as_deref().ok_or_else(|| "the storage is not ours: it cannot be looked at or changed".to_owned())
    }

    /// The scenario begins: what came before is forgotten, its faults strike from now on.
    pub(crate) async fn begin(&self, faults: &[Fault]) -> Result<(), ViewError> {
        self.front.clear();
        self.inner.clear();
        if let Some(store) = &self.store {
            store.forget_calls().await?;
        }
        self.set_faults(faults).await
    }

    /// Replaces the active faults on both sides. Both get the whole list, so that a fault has one number everywhere.
    pub(crate) async fn set_faults(&self, faults: &[Fault]) -> Result<(), ViewError> {
        let any = faults.iter().any(|fault| fault.on == On::Registry);
        self.front_faults.store(any, std::sync::atomic::Ordering::Relaxed);
        self.injector.replace(faults.to_vec(), derive(self.seed, &["front"]));
        match &self.store {
            Some(store) => {
                let all = faults.iter().chain(&self.standing).cloned().collect();
                store.set_faults(all, derive(self.seed, &["s3"])).await
            }
            None => Ok(()),
        }
    }

    /// True if answers of the registry may be made by a fault.
    pub(crate) fn has_front_faults(&self) -> bool {
        self.front_faults.load(std::sync::atomic::Ordering::Relaxed)
    }

    /// Reports a named event to all faults.
    pub(crate) async fn event(&self, name: &str) -> Result<(), ViewError> {
        self.injector.event(name);
        match &self.store {
            Some(store) => store.event(name).await,
            None => Ok(()),
        }
    }

    /// Ends the registry and starts it again.
    pub(crate) async fn restart(&self, kill: bool) -> Result<(), ViewError> {
        self.running.lock().await.restart(kill).await
    }

    /// No faults any more, and everything late is visible.
    pub(crate) async fn settle(&self) -> Result<(), ViewError> {
        self.front_faults.store(false, std::sync::atomic::Ordering::Relaxed);
        self.injector.clear();
        if let Some(store) = &self.store {
            store.set_faults(Vec::new(), 0).await?;
        }
        if self.over == Over::Memory {
            tokio::time::sleep(DUST).await;
        }
        Ok(())
    }

    /// What both sides saw so far: calls of the client, calls to storage, each by start.
    pub(crate) async fn trace(&self) -> (Vec<Exchange>, Vec<Exchange>) {
        let mut front = self.front.exchanges();
        for inner in self.inner.exchanges() {
            let same = |call: &&mut Exchange| {
                call.trace.is_some() && call.trace == inner.trace && call.lane.to == inner.lane.to
            };
            if let Some(call) = front.iter_mut().find(same) {
                call.faults.extend(inner.faults);
                call.notes.extend(inner.notes);
            }
        }
        let back = match &self.store {
            Some(store) => store.calls().await.unwrap_or_default(),
            None => Vec::new(),
        };
        (by_start(front), by_start(back))
    }

    /// What the system printed.
    pub(crate) async fn log(&self) -> Vec<(Option<u64>, String)> {
        let redactor = self.front.redactor();
        let lines = self.running.lock().await.log();
        lines.into_iter().map(|(at, line)| (at, redactor.text(&line))).collect()
    }

    /// Ends the registry.
    pub(crate) async fn stop(&self) {
        self.running.lock().await.stop().await;
    }
}

fn by_start(mut calls: Vec<Exchange>) -> Vec<Exchange> {
    calls.sort_by_key(|call| (call.start_us, call.seq));
    calls
}

/// `party` as the client calls it: recorded by whom it talks to.
fn recorded(recorder: &Recorder, registry: &str, party: Party) -> Party {
    let to_registry = recorder.layer(Lane::new("client", "registry"), party.clone());
    let to_storage = recorder.layer(Lane::new("client", "s3"), party);
    let registry = registry.to_owned();
    Party::from_fn(move |request: shakedown_wire::Request| {
        let is_registry = request.uri().authority().is_some_and(|authority| authority.as_str() == registry);
        let party = if is_registry { to_registry.clone() } else { to_storage.clone() };
        async move { party.send(request).await }
    })
}

/// Clients other than the registry come with presigned URLs.
fn standing(settings: &S3Settings) -> Vec<Fault> {
    if settings.refuse_clients != Some(true) {
        return Vec::new();
    }
    let refuse =
        serde_json::json!({ "on": "s3", "when": { "query": { "X-Amz-Signature": "*" } }, "effect": "access-denied" });
    vec![serde_json::from_value(refuse).expect("the text above is a fault")]
}

impl Parts {
    fn new(plan: &Plan, setup: &Setup) -> Self {
        let clock = match setup.over {
            Over::Memory => Clock::virtual_time(),
            Over::Tcp => Clock::real_time(),
        };
        let patience = Some(PATIENCE_OVER_TCP);
        let network = NetworkOptions { head_timeout: patience, body_timeout: patience, ..NetworkOptions::default() };
        Self {
            front: Recorder::new(clock.clone(), FRONT_LIMIT),
            inner: Recorder::new(clock.clone(), FRONT_LIMIT),
            injector: Injector::new(FaultSet::new(Vec::new(), 0), On::Registry, clock.clone()),
            seed: setup.derive(plan, "world"),
            net: MemoryNet::with_latency(LATENCY),
            network: network::client(&network),
            clock,
        }
    }

    /// The mock with the scenario's rules, and where it is to be found.
    fn mock(&self, plan: &Plan, setup: &Setup) -> Result<(S3Mock, Storage, Vec<Server>), ViewError> {
        let key = |number: u32| {
            let part = |what: &str| derive(self.seed, &[what, &number.to_string()]);
            (format!("AKIASHAKEDOWN{number}"), format!("{:016x}{:016x}", part("secret"), part("key")))
        };
        let mut storage = Storage {
            endpoint: format!("http://{S3_AUTHORITY}"),
            bucket: BUCKET.to_owned(),
            keys: (0..KEYS).map(key).collect(),
            region: "us-east-1".to_owned(),
        };
        storage.keys.iter().for_each(|(_, secret)| self.front.secret(secret));
        let credentials =
            storage.keys.iter().map(|(access_key, secret_key)| Credential::new(access_key, secret_key)).collect();
        let config = S3Config { buckets: vec![BUCKET.to_owned()], credentials, ..S3Config::default() };
        let config = s3_config(config, &plan.scenario.given.s3);
        let mock = S3Mock::new(config, self.clock.clone(), derive(self.seed, &["s3"]));
        for secret in &setup.secrets {
            mock.recorder().secret(secret);
        }
        let party = setup.budget.party(mock.party());
        let mut servers = Vec::new();
        match setup.over {
            Over::Memory => self.net.listen(S3_AUTHORITY, party),
            Over::Tcp => {
                let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
                let listener = server::bind(any).map_err(|error| environment("a port for the S3 mock", error))?;
                let server = server::serve(listener, party, ServerOptions::default());
                storage.endpoint = server.base_uri();
                servers.push(server);
            }
        }
        Ok((mock, storage, servers))
    }

    /// The reference registry on the mock.
    async fn reference(&self, plan: &Plan, setup: &Setup, defects: &[String]) -> Result<Built, ViewError> {
        let (mock, storage, servers) = self.mock(plan, setup)?;
        let given = &plan.scenario.given;
        let config = settings_of_reference(&storage, &given.registry, &given.s3, defects)?;
        let seed = derive(self.seed, &["registry"]);
        let (injector, inner) = (self.injector.clone(), self.inner.clone());
        let store: Arc<dyn Store> = Arc::new(MockStore::new(mock, BUCKET));
        let (base, running) = match setup.over {
            Over::Memory => {
                let wrap = Box::new(move |party| injector.layer(party));
                let system =
                    ReferenceSystem::in_memory(config, self.net.party(), &self.clock, seed, wrap, self.net.clone());
                (format!("http://{REFERENCE_AUTHORITY}"), system)
            }
            Over::Tcp => {
                let wrap = Box::new(move |party| inner.layer(Lane::new("client", "registry"), injector.layer(party)));
                let (system, address) =
                    ReferenceSystem::over_tcp(config, self.network.clone(), &self.clock, seed, wrap)?;
                (format!("http://{address}"), system)
            }
        };
        Ok(Built { base: uri(&base)?, running: Box::new(running), store: Some(store), servers })
    }

    /// A child process on the mock; where the scenario has faults of the front, behind a proxy that carries them out.
    async fn process(&self, plan: &Plan, setup: &Setup, file: &crate::systems::SystemFile) -> Result<Built, ViewError> {
        let (mock, storage, mut servers) = self.mock(plan, setup)?;
        let settings = &plan.scenario.given.registry;
        let system = ProcessSystem::start(file, &setup.vars, settings, &storage, &self.clock, &self.network).await?;
        let address = system.address();
        let mut base = format!("http://{address}");
        if crate::setup::has_front_faults(plan) {
            let proxy = self
                .inner
                .layer(Lane::new("client", "registry"), self.injector.layer(proxy_to(address, &self.network)));
            let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
            let listener = server::bind(any).map_err(|error| environment("a port for the proxy", error))?;
            let server = server::serve(listener, proxy, ServerOptions::default());
            base = server.base_uri();
            servers.push(server);
        }
        let store: Arc<dyn Store> = Arc::new(MockStore::new(mock, BUCKET));
        Ok(Built { base: uri(&base)?, running: Box::new(system), store: Some(store), servers })
    }
}

/// Passes requests on to `address`; the `Host` they came with stays, so that locations point back to the proxy.
fn proxy_to(address: SocketAddr, network: &Party) -> Party {
    let network = network.clone();
    Party::from_fn(move |mut request: shakedown_wire::Request| {
        let network = network.clone();
        async move {
            let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
            if let Ok(uri) = format!("http://{address}{path}").parse() {
                *request.uri_mut() = uri;
            }
            network.send(request).await
        }
    })
}

fn uri(text: &str) -> Result<Uri, ViewError> {
    text.parse().map_err(|error| environment(format!("the address {text}"), error))
}

/// The rules of the mock as the scenario wants them.
fn s3_config(mut config: S3Config, settings: &S3Settings) -> S3Config {
    let limits = &mut config.limits;
    limits.min_part = settings.min_part.map_or(limits.min_part, |size| size.0);
    limits.max_parts = settings.max_parts.unwrap_or(limits.max_parts);
    limits.max_copy = settings.max_copy.map_or(limits.max_copy, |size| size.0);
    limits.equal_parts = settings.equal_parts.unwrap_or(limits.equal_parts);
    config.complete_idempotent = settings.complete_idempotent.unwrap_or(config.complete_idempotent);
    config
}
