//! A token server: Docker's token protocol (GET) and OAuth2 (POST), with users, rights, short lives and clocks that are wrong.
//! <https://distribution.github.io/distribution/spec/auth/token/>, RFC 6749, RFC 7517; incidents F01-F06.
//!
//! What breaks its answers (500, a page, 429, silence, a dead identity provider) is the fault layer's: [`TokenServer::injector`].
//! Not here: who believes the tokens (the registry).

mod answer;
mod config;
mod issue;
mod keys;
mod request;
mod rights;

use std::sync::{Arc, Mutex, PoisonError};

use rand::{Rng as _, SeedableRng};
use rand_chacha::ChaCha8Rng;
use shakedown_faults::{FaultSet, On};
use shakedown_inject::Injector;
use shakedown_wire::{Annotation, Annotations, Clock, Party, Request, Response, WireError};

pub use config::{Anonymous, ExpiresIn, TokenConfig, TokenField, User};
pub use issue::Claims;
pub use keys::{Algorithm, SigningKey};
pub use rights::{Rights, RightsError};

/// A token server. Clones share everything.
#[derive(Clone)]
pub struct TokenServer(Arc<Shared>);

struct Shared {
    config: TokenConfig,
    key: SigningKey,
    /// Its own, so that it can be wrong alone.
    clock: Clock,
    seed: u64,
    rng: Mutex<ChaCha8Rng>,
    injector: Injector,
}

impl TokenServer {
    /// A server whose keys, token ids and refresh tokens follow from `seed`; its dates come from `clock` and the skew of `config`.
    pub fn new(config: TokenConfig, clock: &Clock, seed: u64) -> Self {
        let own = clock.independent();
        own.shift(config.skew_ms);
        let key = SigningKey::from_seed(config.algorithm, seed);
        let rng = Mutex::new(ChaCha8Rng::seed_from_u64(seed ^ 0x0070_6b65));
        let injector = Injector::new(FaultSet::new(Vec::new(), seed), On::Token, clock.clone());
        Self(Arc::new(Shared { config, key, clock: own, seed, rng, injector }))
    }

    /// Its HTTP side: `/token` and `/jwks`.
    pub fn party(&self) -> Party {
        let server = self.clone();
        self.0.injector.layer(Party::from_fn(move |request| {
            let server = server.clone();
            async move { server.handle(request).await }
        }))
    }

    /// Its faults.
    pub fn injector(&self) -> &Injector {
        &self.0.injector
    }

    /// The set of public keys (RFC 7517), as `/jwks` gives it.
    pub fn jwks(&self) -> String {
        self.0.key.jwks()
    }

    /// The certificate of the signing key (PEM), for registries that know no JWKS. P-256 only.
    pub fn certificate(&self) -> Option<String> {
        self.0.key.certificate_pem()
    }

    /// The configuration.
    pub fn config(&self) -> &TokenConfig {
        &self.0.config
    }

    /// A token with these claims, signed with the server's key whatever they say: for tests of who checks them.
    pub fn sign(&self, claims: &serde_json::Value) -> String {
        self.0.key.sign(claims, self.0.config.certificate)
    }

    /// The refresh token of a user, as the answers with `offline_token` hold it.
    pub fn refresh_token(&self, user: &str) -> String {
        self.0.refresh_token(user)
    }

    async fn handle(&self, request: Request) -> Result<Response, WireError> {
        let path = request.uri().path().to_owned();
        if let Some(note) = self.0.config.note_of_clock() {
            Annotations::note(&request, Annotation::Note(note));
        }
        match path.as_str() {
            "/token" => request::token(&self.0, request).await,
            "/jwks" => Ok(answer::jwks(&self.0)),
            _ => Ok(answer::nothing_here()),
        }
    }
}

impl std::fmt::Debug for TokenServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenServer").field("config", &self.0.config).finish_non_exhaustive()
    }
}

impl Shared {
    /// The id of one token.
    fn token_id(&self) -> String {
        let mut bytes = [0; 12];
        self.rng.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes);
        hex::encode(bytes)
    }

    /// The refresh token of a user: nothing is remembered, so it is good for ever.
    fn refresh_token(&self, user: &str) -> String {
        use sha2::Digest as _;
        let mut hash = sha2::Sha256::new();
        hash.update(self.seed.to_be_bytes());
        hash.update(b"refresh token of ");
        hash.update(user.as_bytes());
        format!("refresh-{}", hex::encode(hash.finalize()))
    }
}
