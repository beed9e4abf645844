//! The forward proxy of one world: its faults, and what came in and went out of it.
//!
//! Both sides are known, as with a gateway: what passed unchanged is one call of the trace, as if there were no proxy. Not here: where it
//! stands (`world`), what a forward proxy does (`shakedown-peers`).

use std::sync::{Arc, Mutex, PoisonError};

use http::uri::Authority;
use shakedown_faults::forward::ProxyUser as Whose;
use shakedown_faults::{Fault, FaultSet, ForwardProxySettings, On};
use shakedown_inject::Injector;
use shakedown_peers::forward::{ForwardProxy, ProxyUser};
use shakedown_wire::{Clock, Exchange, Lane, Party, Recorder, Request};

use crate::content::derive;

/// Its lane.
pub(crate) const FORWARD_PROXY: &str = "forward-proxy";
/// Exchanges kept of one side of it.
const LIMIT: usize = 20_000;

/// A forward proxy and what is known of it.
#[derive(Debug)]
pub(crate) struct ForwardPart {
    whose: Whose,
    injector: Injector,
    recorder: Recorder,
    peer: ForwardProxy,
    user: ProxyUser,
    watched: Watched,
}

/// The hosts of which calls are recorded.
type Watched = Arc<Mutex<Vec<Authority>>>;

impl ForwardPart {
    /// It reaches everybody over `network`.
    pub(crate) fn new(settings: &ForwardProxySettings, network: Party, clock: &Clock, seed: u64) -> Self {
        let recorder = Recorder::new(clock.clone(), LIMIT);
        let watched = Watched::default();
        let network = match settings.r#for {
            Whose::Client => {
                only(&watched, recorder.layer(Lane::new(FORWARD_PROXY, "registry"), network.clone()), network)
            }
            Whose::Registry => network,
        };
        let password = format!("{:016x}", derive(seed, &[FORWARD_PROXY, "password"]));
        recorder.secret(&password);
        let user = ProxyUser { user: "lab".to_owned(), password };
        Self {
            whose: settings.r#for,
            injector: Injector::new(FaultSet::new(Vec::new(), 0), On::ForwardProxy, clock.clone()),
            recorder,
            peer: ForwardProxy::new(settings.clone(), user.clone(), network),
            user,
            watched,
        }
    }

    /// Whose requests go through it.
    pub(crate) fn whose(&self) -> Whose {
        self.whose
    }

    /// Who may pass, where it asks.
    pub(crate) fn user(&self) -> &ProxyUser {
        &self.user
    }

    /// The party. For a registry its outer side is recorded here, its inner side by those who are called; for clients it is the other way
    /// round.
    pub(crate) fn party(&self) -> Party {
        let party = self.injector.layer(self.peer.party());
        match self.whose {
            Whose::Client => party,
            Whose::Registry => {
                only(&self.watched, self.recorder.layer(Lane::new("registry", FORWARD_PROXY), party.clone()), party)
            }
        }
    }

    /// Calls to this host are recorded; where it has a `name` that only the proxy resolves, by that.
    pub(crate) fn watch(&self, name: Option<&str>, host: &Authority) {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        watched.push(host.clone());
        if let Some(name) = name {
            self.peer.name(name, host.clone());
            watched.extend(name.parse::<Authority>());
        }
    }

    /// Keeps this text out of what is recorded.
    pub(crate) fn secret(&self, text: &str) {
        self.recorder.secret(text);
    }

    /// Other faults from now on.
    pub(crate) fn set_faults(&self, faults: &[Fault], seed: u64) {
        self.injector.replace(faults.to_vec(), derive(seed, &[FORWARD_PROXY]));
    }

    /// Reports a named event.
    pub(crate) fn event(&self, name: &str) {
        self.injector.event(name);
    }

    /// Forgets what was recorded.
    pub(crate) fn clear(&self) {
        self.recorder.clear();
    }

    /// What was recorded, in order.
    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        self.recorder.exchanges()
    }
}

/// `recorded` for the hosts that are watched, `plain` for all others.
fn only(watched: &Watched, recorded: Party, plain: Party) -> Party {
    let watched = watched.clone();
    Party::from_fn(move |request: Request| {
        let is_watched = request.uri().authority().is_some_and(|host| {
            watched.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|watched| watched == host)
        });
        let party = if is_watched { recorded.clone() } else { plain.clone() };
        async move { party.send(request).await }
    })
}
