//! Keys and MACs: the signing key of a scope, and the chain of chunk signatures.

use std::sync::{PoisonError, RwLock};

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::{Scope, Stamp};

/// Most keys that are remembered.
const KEPT: usize = 16;

/// Signs for one day, region and service.
#[derive(Clone)]
pub(super) struct SigningKey(Hmac<Sha256>);

impl SigningKey {
    fn derive(secret: &str, scope: &Scope) -> Self {
        let mut key = hmac(format!("AWS4{secret}").as_bytes(), scope.date.as_bytes());
        for part in [scope.region.as_bytes(), scope.service.as_bytes(), b"aws4_request"] {
            key = hmac(&key, part);
        }
        Self(mac(&key))
    }

    /// True if `signature` (lower-case hex) is that of `text`. Takes the same time wherever they differ.
    pub(super) fn verify(&self, text: &str, signature: &str) -> bool {
        let mut bytes = [0; 32];
        hex::decode_to_slice(signature, &mut bytes).is_ok()
            && self.0.clone().chain_update(text.as_bytes()).verify_slice(&bytes).is_ok()
    }
}

/// Keys that were derived: deriving one costs more than all the rest of a verification, and it is the same key all day.
#[derive(Default)]
pub(crate) struct SigningKeys(RwLock<Vec<Derived>>);

struct Derived {
    secret: String,
    scope: Scope,
    key: SigningKey,
}

impl SigningKeys {
    pub(super) fn get(&self, secret: &str, scope: &Scope) -> SigningKey {
        let found = |derived: &&Derived| derived.secret == secret && derived.scope == *scope;
        if let Some(derived) = self.0.read().unwrap_or_else(PoisonError::into_inner).iter().find(found) {
            return derived.key.clone();
        }
        let key = SigningKey::derive(secret, scope);
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.remove(0);
        }
        kept.push(Derived { secret: secret.to_owned(), scope: scope.clone(), key: key.clone() });
        key
    }
}

impl std::fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKeys").finish_non_exhaustive()
    }
}

fn mac(key: &[u8]) -> Hmac<Sha256> {
    Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length")
}

fn hmac(key: &[u8], data: &[u8]) -> [u8; 32] {
    mac(key).chain_update(data).finalize().into_bytes().into()
}

/// The string to sign of a head.
pub(super) fn string_to_sign(time: &Stamp, scope: &Scope, canonical_hash: &str) -> String {
    let Scope { date, region, service, .. } = scope;
    ["AWS4-HMAC-SHA256\n", &time.text, "\n", date, "/", region, "/", service, "/aws4_request\n", canonical_hash]
        .concat()
}

/// Verifies the signatures of a chunked body one after the other, each over the one before.
#[derive(Clone)]
pub(crate) struct ChunkSigner {
    key: SigningKey,
    time: String,
    scope: String,
    previous: String,
}

impl ChunkSigner {
    pub(super) fn new(key: SigningKey, time: &Stamp, scope: &Scope, seed: &str) -> Self {
        Self { key, time: time.text.clone(), scope: scope.text(), previous: seed.to_owned() }
    }

    /// The signature of one chunk, given the hash of its data.
    pub(crate) fn chunk(&mut self, data_hash: &[u8], signature: &str) -> bool {
        let empty = hex::encode(Sha256::digest(b""));
        let text = format!(
            "AWS4-HMAC-SHA256-PAYLOAD\n{}\n{}\n{}\n{empty}\n{}",
            self.time,
            self.scope,
            self.previous,
            hex::encode(data_hash)
        );
        self.accept(&text, signature)
    }

    /// The signature of the trailer, given its lines `name:value\n`.
    pub(crate) fn trailer(&mut self, lines: &str, signature: &str) -> bool {
        let hash = hex::encode(Sha256::digest(lines.as_bytes()));
        let text = format!("AWS4-HMAC-SHA256-TRAILER\n{}\n{}\n{}\n{hash}", self.time, self.scope, self.previous);
        self.accept(&text, signature)
    }

    fn accept(&mut self, text: &str, signature: &str) -> bool {
        let good = self.key.verify(text, signature);
        signature.clone_into(&mut self.previous);
        good
    }
}

impl std::fmt::Debug for ChunkSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChunkSigner").field("scope", &self.scope).finish_non_exhaustive()
    }
}
