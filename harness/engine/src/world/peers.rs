//! Parties that stand beside the registry and its storage in a world: the Swift of `given.swift`, the webhook sink of `given.webhook`.

use shakedown_client::TraceIds;
use shakedown_faults::{Fault, FaultSet, On};
use shakedown_inject::Injector;
use shakedown_peers::swift::{Swift, SwiftConfig};
use shakedown_peers::webhook::{Answers, Received, Webhook};
use shakedown_registry::{Endpoint, Notifications};
use shakedown_scenario::{Plan, SwiftSettings, WebhookAnswers, WebhookSettings};
use shakedown_wire::server::Server;
use shakedown_wire::{Exchange, Lane, Party, Recorder};

use super::{FRONT_LIMIT, Parts, uri};
use crate::content::derive;
use crate::options::Over;
use crate::setup::Setup;
use crate::swift::{CONTAINER, SwiftClient};
use crate::view::ViewError;

/// Where the Swift answers in memory.
const SWIFT: &str = "swift.test";
/// Where the webhook sink answers in memory.
const WEBHOOK: &str = "webhook.test";

/// What stands beside.
#[derive(Debug, Default)]
pub(crate) struct Peers {
    swift: Option<SwiftPart>,
    webhook: Option<WebhookPart>,
}

/// A Swift, and the library that uses it.
#[derive(Debug)]
pub(crate) struct SwiftPart {
    peer: Swift,
    injector: Injector,
    pub(crate) client: SwiftClient,
}

impl SwiftPart {
    /// Tokens that were given out so far are good no longer.
    pub(crate) fn revoke_tokens(&self) {
        self.peer.revoke_tokens();
    }
}

/// A webhook sink, and how the registry is told of it.
#[derive(Debug)]
pub(crate) struct WebhookPart {
    peer: Webhook,
    injector: Injector,
    recorder: Recorder,
    endpoint: Endpoint,
}

impl WebhookPart {
    /// From now on it answers so.
    pub(crate) fn answer(&self, answers: WebhookAnswers) {
        self.peer.answer(as_peer(answers));
    }

    /// What it was told and took.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.peer.received()
    }
}

fn as_peer(answers: WebhookAnswers) -> Answers {
    match answers {
        WebhookAnswers::Ok => Answers::Ok,
        WebhookAnswers::Fails => Answers::Fails,
        WebhookAnswers::Hangs => Answers::Hangs,
        WebhookAnswers::Redirects => Answers::Redirects,
        WebhookAnswers::Html => Answers::Html,
    }
}

impl Peers {
    /// The setting of the reference registry.
    pub(super) fn of_reference(&self) -> Notifications {
        let endpoints = self.webhook.iter().map(|webhook| webhook.endpoint.clone()).collect();
        Notifications { endpoints, through: None }
    }

    /// Other faults from now on.
    pub(super) fn set_faults(&self, faults: &[Fault], seed: u64) {
        for (name, injector) in self.injectors() {
            injector.replace(faults.to_vec(), derive(seed, &[name, "faults"]));
        }
    }

    /// Reports a named event.
    pub(super) fn event(&self, name: &str) {
        self.injectors().for_each(|(_, injector)| injector.event(name));
    }

    /// Forgets what was recorded.
    pub(super) fn clear(&self) {
        self.webhook.iter().for_each(|webhook| webhook.recorder.clear());
    }

    /// What the registry posted to the sink, in order.
    pub(super) fn calls(&self) -> Vec<Exchange> {
        self.webhook.as_ref().map(|webhook| webhook.recorder.exchanges()).unwrap_or_default()
    }

    /// Keeps this text out of what is recorded.
    pub(super) fn secret(&self, text: &str) {
        self.webhook.iter().for_each(|webhook| webhook.recorder.secret(text));
    }

    fn injectors(&self) -> impl Iterator<Item = (&'static str, &Injector)> {
        let swift = self.swift.iter().map(|swift| ("swift", &swift.injector));
        swift.chain(self.webhook.iter().map(|webhook| ("webhook", &webhook.injector)))
    }
}

impl super::World {
    /// The webhook sink of `given.webhook`.
    pub(crate) fn webhook(&self) -> Result<&WebhookPart, String> {
        self.peers.webhook.as_ref().ok_or_else(|| "there is no webhook sink (`given.webhook`)".to_owned())
    }

    /// The Swift of `given.swift`.
    pub(crate) fn swift(&self) -> Result<&SwiftPart, String> {
        self.peers.swift.as_ref().ok_or_else(|| "there is no Swift (`given.swift`)".to_owned())
    }
}

impl Parts {
    /// Lets the peers stand that the scenario wants.
    pub(super) fn peers(
        &self,
        plan: &Plan,
        setup: &Setup,
        traces: &TraceIds,
        servers: &mut Vec<Server>,
    ) -> Result<Peers, ViewError> {
        let given = &plan.scenario.given;
        let swift = given.swift.as_ref().map(|settings| self.swift(settings, setup, traces, servers)).transpose()?;
        let webhook = given.webhook.as_ref().map(|settings| self.webhook(settings, setup, servers)).transpose()?;
        Ok(Peers { swift, webhook })
    }

    fn webhook(
        &self,
        settings: &WebhookSettings,
        setup: &Setup,
        servers: &mut Vec<Server>,
    ) -> Result<WebhookPart, ViewError> {
        let peer = Webhook::new(as_peer(settings.answers));
        let injector = self.faultless(On::Webhook);
        let recorder = Recorder::new(self.clock.clone(), FRONT_LIMIT);
        let party = recorder.layer(Lane::new("registry", "webhook"), injector.layer(peer.party()));
        let party = setup.budget.party(party);
        let base = match self.over {
            Over::Memory => {
                self.net.listen(WEBHOOK, party);
                format!("http://{WEBHOOK}")
            }
            Over::Tcp => self.serve(party, "a port for the webhook sink", servers)?,
        };
        let endpoint = Endpoint {
            timeout: settings.timeout.0,
            threshold: 1,
            backoff: settings.backoff.0,
            queue: settings.queue as usize,
            ..Endpoint::new("webhook", uri(&format!("{base}/events"))?)
        };
        Ok(WebhookPart { peer, injector, recorder, endpoint })
    }

    fn swift(
        &self,
        settings: &SwiftSettings,
        setup: &Setup,
        traces: &TraceIds,
        servers: &mut Vec<Server>,
    ) -> Result<SwiftPart, ViewError> {
        let config = SwiftConfig {
            key: format!("{:016x}", derive(self.seed, &["swift", "key"])),
            token_life: settings.token_life.0,
            listed_after: settings.listed_after.0,
            containers: vec![CONTAINER.to_owned()],
            ..SwiftConfig::default()
        };
        self.front.secret(&config.key);
        let (user, key) = (config.user.clone(), config.key.clone());
        let peer = Swift::new(config, &self.clock, derive(self.seed, &["swift"]));
        let injector = self.faultless(On::Swift);
        let party = setup.budget.party(injector.layer(peer.party()));
        let (base, network): (String, Party) = match self.over {
            Over::Memory => {
                self.net.listen(SWIFT, party);
                (format!("http://{SWIFT}"), self.net.party())
            }
            Over::Tcp => (self.serve(party, "a port for the Swift", servers)?, self.network.clone()),
        };
        let party = self.front.layer(Lane::new("client", "swift"), network);
        let client = SwiftClient { party, base, user, key, traces: traces.clone(), token: Default::default() };
        Ok(SwiftPart { peer, injector, client })
    }

    /// What carries out faults on this party; there are none yet.
    fn faultless(&self, on: On) -> Injector {
        Injector::new(FaultSet::new(Vec::new(), 0), on, self.clock.clone())
    }
}
