//! Signing keys from a seed: P-256, Ed25519 and RSA. The same seed gives the same key, and with P-256 and Ed25519 the same token the
//! same signature, so that runs repeat byte for byte.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{EncodingKey, Header, encode};
use p256::ecdsa::signature::Signer as _;
use p256::pkcs8::EncodePrivateKey as _;
use rand::{Rng as _, SeedableRng};
use rand_chacha::ChaCha20Rng;
use rsa::pkcs1::EncodeRsaPrivateKey as _;

/// How tokens are signed (RFC 7518 section 3.1, RFC 8037).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Algorithm {
    /// ECDSA on P-256.
    #[default]
    Es256,
    /// Ed25519.
    EdDsa,
    /// RSA, 2048 bits. Its key takes a moment to be found.
    Rs256,
}

/// A private key.
pub struct SigningKey {
    algorithm: jsonwebtoken::Algorithm,
    encoding: EncodingKey,
    jwk: Jwk,
    id: String,
    /// Of P-256 only.
    certificate: Option<rcgen::Certificate>,
}

impl SigningKey {
    /// The key of this seed.
    ///
    /// # Panics
    /// Never: keys that were just made are valid.
    pub fn from_seed(algorithm: Algorithm, seed: u64) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed ^ 0x6b65_7973);
        let (algorithm, encoding, certificate) = match algorithm {
            Algorithm::Es256 => {
                let key = p256_key(&mut rng);
                let der = key.to_pkcs8_der().expect("a P-256 key has a DER form");
                let certificate = Certified::new(&key).certificate();
                (jsonwebtoken::Algorithm::ES256, EncodingKey::from_ec_der(der.as_bytes()), Some(certificate))
            }
            Algorithm::EdDsa => {
                let mut bytes = [0; 32];
                rng.fill_bytes(&mut bytes);
                // Without the public key in it, as RFC 8410 has it and jsonwebtoken wants it.
                let key = ed25519_dalek::pkcs8::KeypairBytes { secret_key: bytes, public_key: None };
                let der = key.to_pkcs8_der().expect("an Ed25519 key has a DER form");
                (jsonwebtoken::Algorithm::EdDSA, EncodingKey::from_ed_der(der.as_bytes()), None)
            }
            Algorithm::Rs256 => {
                let key = rsa::RsaPrivateKey::new(&mut OldRng(rng), 2048).expect("primes are found");
                let der = key.to_pkcs1_der().expect("an RSA key has a DER form");
                (jsonwebtoken::Algorithm::RS256, EncodingKey::from_rsa_der(der.as_bytes()), None)
            }
        };
        let mut jwk = Jwk::from_encoding_key(&encoding, algorithm).expect("the key was just made");
        let id = jwk.thumbprint(ThumbprintHash::SHA256).expect("the key has a thumbprint");
        jwk.common.key_id = Some(id.clone());
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        Self { algorithm, encoding, jwk, id, certificate }
    }

    /// The public part (RFC 7517).
    pub fn jwks(&self) -> String {
        serde_json::to_string(&JwkSet { keys: vec![self.jwk.clone()] }).unwrap_or_default()
    }

    /// The certificate as PEM; P-256 only.
    pub fn certificate_pem(&self) -> Option<String> {
        self.certificate.as_ref().map(rcgen::Certificate::pem)
    }

    /// A token with these claims. `certificate`: with the certificate in its header (RFC 7515 section 4.1.6), instead of the `kid`.
    ///
    /// # Panics
    /// Never: claims are JSON, and the key fits its algorithm.
    pub fn sign(&self, claims: &serde_json::Value, certificate: bool) -> String {
        let mut header = Header::new(self.algorithm);
        match self.certificate.as_ref().filter(|_| certificate) {
            Some(certificate) => header.x5c = Some(vec![STANDARD.encode(certificate.der())]),
            None => header.kid = Some(self.id.clone()),
        }
        encode(&header, claims, &self.encoding).expect("the key fits its algorithm")
    }
}

fn p256_key(rng: &mut ChaCha20Rng) -> p256::ecdsa::SigningKey {
    loop {
        let mut bytes = [0; 32];
        rng.fill_bytes(&mut bytes);
        // All but one of 2^32 byte strings are keys.
        if let Ok(key) = p256::ecdsa::SigningKey::from_slice(&bytes) {
            return key;
        }
    }
}

/// A key that certifies itself.
struct Certified<'a> {
    key: &'a p256::ecdsa::SigningKey,
    /// The point, uncompressed.
    point: Vec<u8>,
}

impl<'a> Certified<'a> {
    fn new(key: &'a p256::ecdsa::SigningKey) -> Self {
        Self { key, point: key.verifying_key().to_encoded_point(false).as_bytes().to_vec() }
    }

    /// Good from 2020 to 2120: the date of a run is no matter of it.
    fn certificate(&self) -> rcgen::Certificate {
        let mut params = rcgen::CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(rcgen::DnType::CommonName, "token server");
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2120, 1, 1);
        params.serial_number = Some(1_u64.into());
        params.key_identifier_method = rcgen::KeyIdMethod::PreSpecified(b"token server".to_vec());
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params.self_signed(self).expect("the parameters above make a certificate")
    }
}

impl rcgen::PublicKeyData for Certified<'_> {
    fn der_bytes(&self) -> &[u8] {
        &self.point
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_ECDSA_P256_SHA256
    }
}

impl rcgen::SigningKey for Certified<'_> {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let signature: p256::ecdsa::DerSignature = self.key.sign(message);
        Ok(signature.as_bytes().to_vec())
    }
}

/// Our generator for a crate that wants an older trait.
struct OldRng(ChaCha20Rng);

impl rsa::rand_core::RngCore for OldRng {
    fn next_u32(&mut self) -> u32 {
        self.0.next_u32()
    }

    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rsa::rand_core::Error> {
        self.0.fill_bytes(bytes);
        Ok(())
    }
}

impl rsa::rand_core::CryptoRng for OldRng {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_one_key_one_token() {
        let claims = serde_json::json!({ "sub": "ann" });
        for algorithm in [Algorithm::Es256, Algorithm::EdDsa] {
            let token = |seed| SigningKey::from_seed(algorithm, seed).sign(&claims, false);
            assert_eq!(token(1), token(1), "{algorithm:?}");
            assert_ne!(token(1), token(2), "{algorithm:?}");
            let jwks = SigningKey::from_seed(algorithm, 1).jwks();
            assert!(jwks.contains("\"kid\"") && !jwks.contains("\"d\""), "{jwks}");
        }
        let key = SigningKey::from_seed(Algorithm::Es256, 1);
        assert_eq!(key.certificate_pem(), SigningKey::from_seed(Algorithm::Es256, 1).certificate_pem());
        assert!(key.certificate_pem().unwrap().starts_with("-----BEGIN CERTIFICATE-----"));
        assert!(key.sign(&claims, true).len() > key.sign(&claims, false).len());
    }
}
