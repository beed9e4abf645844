//! What a token server is told: users and rights, and in which ways its answers differ from the usual.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::{Algorithm, Rights};

/// The configuration of a [`super::TokenServer`].
#[derive(Debug, Clone)]
pub struct TokenConfig {
    /// `iss` of its tokens.
    pub issuer: String,
    /// The service it gives tokens for (`aud`); requests for another are refused.
    pub service: String,
    /// How tokens are signed.
    pub algorithm: Algorithm,
    /// Puts the certificate into each token (`x5c`), for registries that know no JWKS.
    pub certificate: bool,
    /// Users by name.
    pub users: BTreeMap<String, User>,
    /// What requests without credentials come to.
    pub anonymous: Anonymous,
    /// How long a token lives.
    pub lifetime: Duration,
    /// How long after its issue a token becomes valid (F03).
    pub valid_after: Duration,
    /// How far the server's clock is ahead (or, negative, behind), in milliseconds (F03).
    pub skew_ms: i64,
    /// Which field of the answer holds the token.
    pub field: TokenField,
    /// What the answer says of the token's life.
    pub expires_in: ExpiresIn,
    /// Looks only at the last `scope` of a request, as some real ones do (D16, manifest-tool#53).
    pub last_scope_only: bool,
}

impl TokenConfig {
    /// A server of `issuer` for `service` that knows nobody; tokens live five minutes.
    pub fn new(issuer: impl Into<String>, service: impl Into<String>) -> Self {
        Self {
            issuer: issuer.into(),
            service: service.into(),
            algorithm: Algorithm::Es256,
            certificate: false,
            users: BTreeMap::new(),
            anonymous: Anonymous::Refused,
            lifetime: Duration::from_secs(300),
            valid_after: Duration::ZERO,
            skew_ms: 0,
            field: TokenField::Both,
            expires_in: ExpiresIn::Honest,
            last_scope_only: false,
        }
    }

    /// What a reader of the trace must know of its clock: nothing in an answer tells.
    pub(super) fn note_of_clock(&self) -> Option<String> {
        let seconds = self.skew_ms.unsigned_abs().div_ceil(1000);
        let way = if self.skew_ms > 0 { "ahead" } else { "behind" };
        (seconds > 0).then(|| format!("its clock is {seconds} s {way}"))
    }

    /// One more user.
    #[must_use]
    pub fn user(mut self, name: impl Into<String>, password: impl Into<String>, rights: Rights) -> Self {
        self.users.insert(name.into(), User { password: password.into(), rights });
        self
    }
}

/// A user.
#[derive(Clone)]
pub struct User {
    /// The password, as it is: the mock hides nothing from itself.
    pub password: String,
    /// What the user may do.
    pub rights: Rights,
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User").field("rights", &self.rights).finish_non_exhaustive()
    }
}

/// What requests without credentials come to.
#[derive(Debug, Clone)]
pub enum Anonymous {
    /// 401.
    Refused,
    /// A token with these rights.
    Rights(Rights),
}

/// Which field of the answer holds the token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TokenField {
    /// `token` and `access_token`.
    #[default]
    Both,
    /// `token` alone (Docker's of old).
    Token,
    /// `access_token` alone (OAuth2's).
    AccessToken,
}

/// What the answer says of the token's life.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ExpiresIn {
    /// The truth.
    #[default]
    Honest,
    /// Nothing; a client takes 60 seconds then.
    Missing,
    /// This, whatever is true.
    Says(Duration),
}
