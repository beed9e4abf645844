//! What a registry is told about its users. Not here: where the values come from.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{Htpasswd, KeySet};

/// How requests prove who they come from.
#[derive(Debug, Clone, Default)]
pub enum AuthConfig {
    /// Not at all: everybody may do everything.
    #[default]
    Open,
    /// Not at all: everybody may pull, nobody may change anything.
    PullOnly,
    /// By user and password (RFC 7617).
    Basic(BasicConfig),
    /// By a token of a token server (Docker's token protocol, RFC 6750, RFC 7519).
    Bearer(BearerConfig),
}

/// Users with passwords.
#[derive(Debug, Clone)]
pub struct BasicConfig {
    /// `realm` of the challenge.
    pub realm: String,
    /// Users and the bcrypt hashes of their passwords.
    pub users: Htpasswd,
    /// Users who may pull only; what else they ask for is 403 DENIED, because no other password of theirs would help.
    pub readers: BTreeSet<String>,
    /// Whether nobody in particular may pull.
    pub anonymous_pull: bool,
}

impl BasicConfig {
    /// All of `users` may do everything, nobody else may do anything.
    pub fn new(users: Htpasswd) -> Self {
        Self { realm: "registry".to_owned(), users, readers: BTreeSet::new(), anonymous_pull: false }
    }
}

/// The token server that is trusted.
#[derive(Debug, Clone)]
pub struct BearerConfig {
    /// Where clients get tokens: `https://auth.test/token`.
    pub realm: String,
    /// `service` of the challenge, and the audience that tokens must name.
    pub service: String,
    /// The issuer that tokens must name.
    pub issuer: String,
    /// The keys that tokens may be signed with.
    pub keys: KeySet,
    /// How far the clocks of registry and token server may be apart (F03); distribution takes 60 s.
    pub leeway: Duration,
}

impl BearerConfig {
    /// Tokens of `issuer` for `service`, to be had at `realm`, with 60 s of leeway.
    pub fn new(realm: impl Into<String>, service: impl Into<String>, issuer: impl Into<String>, keys: KeySet) -> Self {
        let (realm, service, issuer) = (realm.into(), service.into(), issuer.into());
        Self { realm, service, issuer, keys, leeway: Duration::from_secs(60) }
    }
}
