//! Makes tokens: what was asked, cut down to the rights, dated by the server's own clock.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use shakedown_oci::Scope;

use super::Shared;

/// The claims of a token (RFC 7519 section 4.1, and `access` of Docker's token protocol). Times in seconds since 1970.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Claims {
    /// Who issued it.
    pub iss: String,
    /// Whom it was issued to; empty: nobody in particular.
    pub sub: String,
    /// For which service.
    pub aud: String,
    /// Good until.
    pub exp: u64,
    /// Good from.
    pub nbf: u64,
    /// Issued at.
    pub iat: u64,
    /// Its id.
    pub jti: String,
    /// What it grants.
    pub access: Vec<Access>,
}

/// One entry of `access`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Access {
    /// `repository` or `registry`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Repository, or `catalog`.
    pub name: String,
    /// `pull`, `push`, `delete`, `*`.
    pub actions: Vec<String>,
}

impl From<Scope> for Access {
    fn from(scope: Scope) -> Self {
        Self { kind: scope.kind, name: scope.name, actions: scope.actions }
    }
}

/// A token that was issued.
pub(super) struct Issued {
    pub(super) token: String,
    pub(super) issued_at: SystemTime,
    pub(super) granted: Vec<Scope>,
}

/// Issues a token for `user` with `granted`.
pub(super) fn issue(server: &Shared, user: &str, granted: Vec<Scope>) -> Issued {
    let config = &server.config;
    let issued_at = server.clock.now();
    let now = issued_at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let claims = Claims {
        iss: config.issuer.clone(),
        sub: user.to_owned(),
        aud: config.service.clone(),
        exp: (now + config.lifetime).as_secs(),
        nbf: (now + config.valid_after).as_secs(),
        iat: now.as_secs(),
        jti: server.token_id(),
        access: granted.iter().cloned().map(Access::from).collect(),
    };
    let claims = serde_json::to_value(&claims).unwrap_or_default();
    Issued { token: server.key.sign(&claims, config.certificate), issued_at, granted }
}
