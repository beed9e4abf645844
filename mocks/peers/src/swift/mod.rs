//! A Swift with auth v1: tokens that age and are revoked, objects, and large objects whose segments are listed late; incidents J01, J02.
//! <https://docs.openstack.org/api-ref/object-store/>, and `GET /auth/v1.0` as Ceph and SAIO have it.
//!
//! Not here: ranges, accounts, access lists, static large objects. Who repeats what with which body is its client's business.

mod answer;
mod request;
mod store;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rand::{Rng as _, SeedableRng};
use rand_chacha::ChaCha8Rng;
use shakedown_wire::{Clock, Party};

use self::store::Store;

/// Tokens that are remembered; the oldest is forgotten first.
const MOST_TOKENS: usize = 1024;

/// How a Swift is.
#[derive(Clone)]
pub struct SwiftConfig {
    /// `X-Auth-User`, e.g. `lab:tester`.
    pub user: String,
    /// `X-Auth-Key`.
    pub key: String,
    /// How long a token is good.
    pub token_life: Duration,
    /// How long a container's listing does not show what was put.
    pub listed_after: Duration,
    /// Containers that exist from the start.
    pub containers: Vec<String>,
}

impl Default for SwiftConfig {
    fn default() -> Self {
        Self {
            user: "lab:tester".to_owned(),
            key: "testing".to_owned(),
            token_life: Duration::from_secs(24 * 3600),
            listed_after: Duration::ZERO,
            containers: vec!["lab".to_owned()],
        }
    }
}

/// The key is not shown.
impl std::fmt::Debug for SwiftConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { user, token_life, listed_after, containers, key: _ } = self;
        f.debug_struct("SwiftConfig")
            .field("user", user)
            .field("token_life", token_life)
            .field("listed_after", listed_after)
            .field("containers", containers)
            .finish_non_exhaustive()
    }
}

/// A Swift. Clones share everything.
#[derive(Clone)]
pub struct Swift(Arc<Shared>);

struct Shared {
    config: SwiftConfig,
    clock: Clock,
    state: Mutex<State>,
}

struct State {
    /// Tokens that were given out and not revoked, with the end of their life on the clock's monotonic time.
    tokens: BTreeMap<String, Duration>,
    rng: ChaCha8Rng,
    store: Store,
}

impl Swift {
    /// A Swift whose tokens follow from `seed`; ages come from `clock`.
    pub fn new(config: SwiftConfig, clock: &Clock, seed: u64) -> Self {
        let store = Store::new(&config.containers);
        let rng = ChaCha8Rng::seed_from_u64(seed ^ 0x7377_6966);
        let state = Mutex::new(State { tokens: BTreeMap::new(), rng, store });
        Self(Arc::new(Shared { config, clock: clock.clone(), state }))
    }

    /// Its HTTP side: `/auth/v1.0` and `/v1/AUTH_lab/...`.
    pub fn party(&self) -> Party {
        let swift = self.clone();
        Party::from_fn(move |request| {
            let swift = swift.clone();
            async move { request::handle(&swift.0, request).await }
        })
    }

    /// Tokens that were given out so far are good no longer.
    pub fn revoke_tokens(&self) {
        self.0.state().tokens.clear();
    }

    /// The configuration.
    pub fn config(&self) -> &SwiftConfig {
        &self.0.config
    }
}

impl std::fmt::Debug for Swift {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Swift").field("config", &self.0.config).finish_non_exhaustive()
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new token.
    fn issue(&self) -> String {
        let mut state = self.state();
        let mut bytes = [0; 16];
        state.rng.fill_bytes(&mut bytes);
        let token = format!("AUTH_tk{}", hex::encode(bytes));
        if state.tokens.len() >= MOST_TOKENS
            && let Some(oldest) = state.tokens.iter().min_by_key(|(_, end)| **end).map(|(token, _)| token.clone())
        {
            state.tokens.remove(&oldest);
        }
        let end = self.clock.elapsed().saturating_add(self.config.token_life);
        state.tokens.insert(token.clone(), end);
        token
    }

    fn admits(&self, token: &str) -> bool {
        self.state().tokens.get(token).is_some_and(|end| self.clock.elapsed() < *end)
    }
}
