//! Keys and MACs: the signing key of a scope, and the chain of chunk signatures.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::{Scope, Stamp};

/// Signs for one day, region and service.
#[derive(Clone)]
pub(super) struct SigningKey([u8; 32]);

impl SigningKey {
    pub(super) fn derive(secret: &str, scope: &Scope) -> Self {
        let mut key = hmac(format!("AWS4{secret}").as_bytes(), scope.date.as_bytes());
        for part in [scope.region.as_bytes(), scope.service.as_bytes(), b"aws4_request"] {
            key = hmac(&key, part);
        }
        Self(key)
    }

    /// True if `signature` (lower-case hex) is that of `text`. Takes the same time wherever they differ.
    pub(super) fn verify(&self, text: &str, signature: &str) -> bool {
        let Ok(bytes) = hex::decode(signature) else { return false };
        mac(&self.0).chain_update(text.as_bytes()).verify_slice(&bytes).is_ok()
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
    format!("AWS4-HMAC-SHA256\n{}\n{}\n{canonical_hash}", time.text, scope.text())
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
