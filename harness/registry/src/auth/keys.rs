//! The public keys of a token server (JWKS, RFC 7517): RS256, ES256 and EdDSA. A symmetric key is refused: it would be no secret.

use std::fmt;

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};

/// Largest key set that is read, in bytes.
const LONGEST: usize = 256 << 10;
/// Most keys of a set.
const MOST: usize = 64;
/// Base64url characters of the shortest RSA modulus that is taken: 2048 bits (RFC 7518 section 3.3).
const SHORTEST_RSA: usize = 342;

/// Keys that tokens may be signed with.
#[derive(Clone)]
pub struct KeySet(Vec<Key>);

/// One key; it is good for one algorithm, whatever a token says.
#[derive(Clone)]
pub(super) struct Key {
    pub(super) id: Option<String>,
    pub(super) algorithm: Algorithm,
    pub(super) key: DecodingKey,
}

/// A text that is no set of public keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a set of keys (JWKS): {0}")]
pub struct KeySetError(String);

impl KeySet {
    /// Reads a JWKS document: `{"keys": [...]}`.
    ///
    /// # Errors
    /// What is wrong with it; keys are not shown.
    pub fn from_json(text: &str) -> Result<Self, KeySetError> {
        if text.len() > LONGEST {
            return Err(KeySetError(format!("it has more than {LONGEST} bytes")));
        }
        let place = |error: serde_json::Error| format!("line {} column {}", error.line(), error.column());
        let set: JwkSet = serde_json::from_str(text)
            .map_err(|error| KeySetError(format!("{} is not as RFC 7517 has it", place(error))))?;
        let verifying = |jwk: &&Jwk| jwk.common.public_key_use != Some(PublicKeyUse::Encryption);
        let keys = set
            .keys
            .iter()
            .filter(verifying)
            .take(MOST + 1)
            .enumerate()
            .map(|(number, jwk)| key(jwk).map_err(|reason| KeySetError(format!("key {}: {reason}", number + 1))));
        let keys = keys.collect::<Result<Vec<_>, _>>()?;
        match keys.len() {
            0 => Err(KeySetError("it holds no key for signatures".to_owned())),
            count if count > MOST => Err(KeySetError(format!("it holds more than {MOST} keys"))),
            _ => Ok(Self(keys)),
        }
    }

    /// The keys for a token with this `kid` and `alg`. A token without `kid` may be of any key.
    pub(super) fn candidates<'a>(
        &'a self,
        id: Option<&'a str>,
        algorithm: Algorithm,
    ) -> impl Iterator<Item = &'a Key> + 'a {
        self.0.iter().filter(move |key| key.algorithm == algorithm && (id.is_none() || key.id.as_deref() == id))
    }
}

fn key(jwk: &Jwk) -> Result<Key, String> {
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::RSA(key) if key.n.trim_end_matches('=').len() < SHORTEST_RSA => {
            return Err("the RSA key has less than 2048 bits".to_owned());
        }
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => Algorithm::ES256,
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => Algorithm::EdDSA,
        AlgorithmParameters::OctetKey(_) => return Err("a symmetric key is no public key".to_owned()),
        _ => return Err("only RSA, P-256 and Ed25519 keys are known".to_owned()),
    };
    let stated = jwk.common.key_algorithm;
    if stated.is_some_and(|stated| stated != KeyAlgorithm::from(algorithm)) {
        return Err(format!("its `alg` is not {algorithm:?}"));
    }
    let key = DecodingKey::from_jwk(jwk).map_err(|_| "its numbers are not base64url".to_owned())?;
    Ok(Key { id: jwk.common.key_id.clone(), algorithm, key })
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = |key: &Key| format!("{:?} {}", key.algorithm, key.id.as_deref().unwrap_or("-"));
        f.debug_list().entries(self.0.iter().map(one)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        KeySet::from_json(text).unwrap_err().to_string()
    }

    #[test]
    fn what_is_no_public_key_is_refused() {
        insta::assert_snapshot!(refused("<html>"), @"not a set of keys (JWKS): line 1 column 1 is not as RFC 7517 has it");
        insta::assert_snapshot!(refused(r#"{"keys":[]}"#), @"not a set of keys (JWKS): it holds no key for signatures");
        insta::assert_snapshot!(
            refused(r#"{"keys":[{"kty":"oct","k":"c2VjcmV0","alg":"HS256"}]}"#),
            @"not a set of keys (JWKS): key 1: a symmetric key is no public key"
        );
        insta::assert_snapshot!(
            refused(r#"{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}"#),
            @"not a set of keys (JWKS): key 1: the RSA key has less than 2048 bits"
        );
        insta::assert_snapshot!(
            refused(r#"{"keys":[{"kty":"EC","crv":"P-384","x":"AA","y":"AA"}]}"#),
            @"not a set of keys (JWKS): key 1: only RSA, P-256 and Ed25519 keys are known"
        );
        insta::assert_snapshot!(
            refused(r#"{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA","alg":"RS256"}]}"#),
            @"not a set of keys (JWKS): key 1: its `alg` is not ES256"
        );
    }
}
