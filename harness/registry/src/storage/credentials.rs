//! Where access keys come from, and fresh ones. Not here: the keys themselves (`shakedown-s3call`).

use std::sync::{Arc, PoisonError, RwLock};

use shakedown_s3call::Credentials;

/// Where credentials come from.
pub trait CredentialSource: Send + Sync + std::fmt::Debug {
    /// Those to sign with now.
    fn current(&self) -> Credentials;
    /// Asked once when the store says that `expired` are no longer good (incident B11). `None`: there are no newer ones.
    fn refresh(&self, expired: &Credentials) -> Option<Credentials>;
}

/// Credentials that the owner may exchange while the registry runs. Clones share them.
#[derive(Debug, Clone)]
pub struct SharedCredentials(Arc<RwLock<Credentials>>);

impl SharedCredentials {
    /// A long-lived key pair.
    pub fn new(access_key: impl Into<String>, secret_key: impl Into<String>) -> Self {
        let credentials =
            Credentials { access_key: access_key.into(), secret_key: secret_key.into(), session_token: None };
        Self(Arc::new(RwLock::new(credentials)))
    }

    /// From now on requests are signed with these.
    pub fn replace(&self, credentials: Credentials) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = credentials;
    }
}

impl CredentialSource for SharedCredentials {
    fn current(&self) -> Credentials {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn refresh(&self, expired: &Credentials) -> Option<Credentials> {
        Some(self.current()).filter(|current| current != expired)
    }
}
