//! Content digests as the image specification writes them: `algorithm:encoded`. Not here: computing one in steps (`hasher`).

use std::fmt;
use std::str::FromStr;

use crate::{Hasher, Tag, quote};

/// Longest digest text we look at; the longest valid one has 135 characters.
const LONGEST: usize = 512;

/// A registered hash algorithm (image-spec `descriptor.md`, "Registered algorithms").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Algorithm {
    /// `sha256`, the one everybody supports.
    Sha256,
    /// `sha512`.
    Sha512,
}

impl Algorithm {
    /// All supported algorithms.
    pub const ALL: [Self; 2] = [Self::Sha256, Self::Sha512];

    /// The name before the colon.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    /// How many hex digits the encoded part has.
    pub fn hex_len(self) -> usize {
        match self {
            Self::Sha256 => 64,
            Self::Sha512 => 128,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Algorithm {
    type Err = DigestError;

    /// Reads the value of the `digest-algorithm` parameter (CH2).
    fn from_str(text: &str) -> Result<Self, DigestError> {
        if let Some(algorithm) = Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == text) {
            return Ok(algorithm);
        }
        if is_algorithm(text) {
            return Err(DigestError::Unsupported { algorithm: shortened(text) });
        }
        Err(DigestError::Malformed {
            text: quote(text),
            reason: "the algorithm has other characters than a-z 0-9 + . _ -",
        })
    }
}

/// Why a text is not a usable digest (BL1: both are answered 400 by a registry, with different words).
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
pub enum DigestError {
    /// Not of the form `algorithm:encoded`, or wrong for its algorithm.
    #[error("malformed digest {text}: {reason}")]
    Malformed {
        /// What was given, quoted and shortened.
        text: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Well formed, but with an algorithm that we cannot compute.
    #[error("unsupported digest algorithm {algorithm:?}: use sha256 or sha512")]
    Unsupported {
        /// The algorithm's name, shortened.
        algorithm: String,
    },
}

/// A digest whose algorithm we know and whose encoded part is valid for it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest {
    algorithm: Algorithm,
    hex: Box<str>,
}

impl Digest {
    /// The SHA-256 digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self::with(Algorithm::Sha256, bytes)
    }

    /// The digest of `bytes` under `algorithm`.
    pub fn with(algorithm: Algorithm, bytes: &[u8]) -> Self {
        let mut hasher = Hasher::new(algorithm);
        hasher.update(bytes);
        hasher.finish()
    }

    /// From the hash itself; only `Hasher` has one.
    pub(crate) fn from_hash(algorithm: Algorithm, hash: &[u8]) -> Self {
        Self { algorithm, hex: hex::encode(hash).into() }
    }

    /// Its algorithm.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The encoded part, in lower-case hex.
    pub fn hex(&self) -> &str {
        &self.hex
    }

    /// The first twelve hex digits: enough for people.
    pub fn short(&self) -> &str {
        &self.hex[..12]
    }

    /// The tag of the referrers fallback (RT1-RT3): algorithm cut at 32, encoded cut at 64, joined by a dash.
    pub fn fallback_tag(&self) -> Tag {
        let encoded = &self.hex[..self.hex.len().min(64)];
        Tag::from_str(&format!("{}-{encoded}", self.algorithm)).expect("letters, digits and a dash make a valid tag")
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in [self.algorithm.as_str(), ":", &self.hex] {
            f.write_str(part)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let is_hex = |encoded: &str| encoded.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        // Nearly every text is a good one; what is wrong with the others is looked at in the order in which it matters.
        let known = |name: &str| Algorithm::ALL.into_iter().find(|algorithm| algorithm.as_str() == name);
        if let Some((name, encoded)) = text.split_once(':')
            && let Some(algorithm) = known(name)
            && encoded.len() == algorithm.hex_len()
            && is_hex(encoded)
        {
            return Ok(Self { algorithm, hex: encoded.into() });
        }
        let malformed = |reason| DigestError::Malformed { text: quote(text), reason };
        if text.len() > LONGEST {
            return Err(malformed("too long"));
        }
        let Some((algorithm, encoded)) = text.split_once(':') else { return Err(malformed("no colon")) };
        if !is_algorithm(algorithm) {
            return Err(malformed("the algorithm has other characters than a-z 0-9 + . _ -"));
        }
        if encoded.is_empty() || !encoded.bytes().all(|b| b.is_ascii_alphanumeric() || b"=_-".contains(&b)) {
            return Err(malformed("the encoded part has other characters than a-z A-Z 0-9 = _ -"));
        }
        let algorithm: Algorithm = algorithm.parse()?;
        if encoded.len() != algorithm.hex_len() {
            return Err(malformed("the encoded part has the wrong length for its algorithm"));
        }
        Err(malformed("the encoded part is not lower-case hex"))
    }
}

impl TryFrom<String> for Digest {
    type Error = DigestError;

    fn try_from(text: String) -> Result<Self, DigestError> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

/// `component (separator component)*` with components of `[a-z0-9]+` and separators of `[+._-]`.
fn is_algorithm(text: &str) -> bool {
    text.len() <= LONGEST
        && text
            .split(['+', '.', '_', '-'])
            .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()))
}

fn shortened(text: &str) -> String {
    text.chars().take(32).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const EMPTY: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn known_hashes() {
        assert_eq!(Digest::of(b"").to_string(), EMPTY);
        let abc = Digest::with(Algorithm::Sha512, b"abc");
        assert!(abc.hex().starts_with("ddaf35a193617abacc417349ae204131"));
        assert_eq!(abc.hex().len(), 128);
    }

    #[test]
    fn malformed_and_unsupported_are_told_apart() {
        let error = |text: &str| text.parse::<Digest>().unwrap_err();
        assert!(matches!(error("md5:d41d8cd98f00b204e9800998ecf8427e"), DigestError::Unsupported { .. }));
        assert!(matches!(
            error("multihash+base58:QmRZxt2b1FVZPNqd8hsiykDL3TdBDeTSPX9Kv46HmX4Gx8"),
            DigestError::Unsupported { .. }
        ));
        let upper = EMPTY.to_uppercase().replace("SHA256", "sha256");
        for text in
            ["", "sha256", "sha256:", ":abc", "sha256:abc", "SHA256:abc", "sha256:g", "sha256:a/b", "sha-:ab", &upper]
        {
            assert!(matches!(error(text), DigestError::Malformed { .. }), "{text}");
        }
        insta::assert_snapshot!(error("sha256:abc"), @r#"malformed digest "sha256:abc": the encoded part has the wrong length for its algorithm"#);
        insta::assert_snapshot!(error("md5:abc"), @r#"unsupported digest algorithm "md5": use sha256 or sha512"#);
    }

    #[test]
    fn the_fallback_tag_is_cut() {
        let digest = Digest::with(Algorithm::Sha512, b"");
        assert_eq!(digest.fallback_tag().as_str().len(), "sha512-".len() + 64);
        let digest = Digest::of(b"");
        assert_eq!(digest.fallback_tag().as_str(), EMPTY.replace(':', "-"));
    }

    proptest! {
        #[test]
        fn a_digest_survives_its_text(bytes: Vec<u8>, long: bool) {
            let digest = Digest::with(if long { Algorithm::Sha512 } else { Algorithm::Sha256 }, &bytes);
            prop_assert_eq!(digest.to_string().parse::<Digest>().unwrap(), digest);
        }

        #[test]
        fn what_parses_renders_the_same(text in "(sha256|sha512|md5)?:?[0-9a-fA-F]{0,130}|.*") {
            if let Ok(digest) = text.parse::<Digest>() {
                prop_assert_eq!(digest.to_string(), text);
            }
        }
    }
}
