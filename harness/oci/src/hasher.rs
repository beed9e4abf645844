//! A hash that is computed in steps and can be put aside between them. Not here: what a digest looks like (`digest`).
//!
//! The saved state lets any replica go on with an upload that another one began (D01): nobody has to read the bytes again.

use sha2::digest::common::hazmat::{SerializableState, SerializedState};
use sha2::{Digest as _, Sha256, Sha512};

use crate::{Algorithm, Digest};

/// First byte of a saved state: its format.
const FORMAT: u8 = 1;

/// A saved state that cannot be used.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[error("not a saved hash state: {reason}; hash the content from its beginning")]
pub struct RestoreError {
    reason: &'static str,
}

/// An incremental digest.
#[derive(Debug, Clone)]
pub struct Hasher {
    state: State,
    length: u64,
}

#[derive(Debug, Clone)]
enum State {
    Sha256(Sha256),
    Sha512(Sha512),
}

impl Hasher {
    /// Nothing hashed yet.
    pub fn new(algorithm: Algorithm) -> Self {
        let state = match algorithm {
            Algorithm::Sha256 => State::Sha256(Sha256::new()),
            Algorithm::Sha512 => State::Sha512(Sha512::new()),
        };
        Self { state, length: 0 }
    }

    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.state {
            State::Sha256(hash) => hash.update(bytes),
            State::Sha512(hash) => hash.update(bytes),
        }
        self.length += bytes.len() as u64;
    }

    /// Which algorithm it computes.
    pub fn algorithm(&self) -> Algorithm {
        match self.state {
            State::Sha256(_) => Algorithm::Sha256,
            State::Sha512(_) => Algorithm::Sha512,
        }
    }

    /// How many bytes have been added, before [`Hasher::save`] included.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The digest of everything added.
    pub fn finish(self) -> Digest {
        match self.state {
            State::Sha256(hash) => Digest::from_hash(Algorithm::Sha256, &hash.finalize()),
            State::Sha512(hash) => Digest::from_hash(Algorithm::Sha512, &hash.finalize()),
        }
    }

    /// The state as bytes (under 256). They hold up to one hash block of the content in clear, so they are no less private than it.
    pub fn save(&self) -> Vec<u8> {
        let mut saved = vec![FORMAT, self.algorithm() as u8];
        saved.extend_from_slice(&self.length.to_be_bytes());
        match &self.state {
            State::Sha256(hash) => saved.extend_from_slice(&hash.serialize()),
            State::Sha512(hash) => saved.extend_from_slice(&hash.serialize()),
        }
        saved
    }

    /// Goes on where [`Hasher::save`] stopped.
    ///
    /// # Errors
    /// [`RestoreError`] if `saved` was not made by [`Hasher::save`].
    pub fn restore(saved: &[u8]) -> Result<Self, RestoreError> {
        let [FORMAT, algorithm, rest @ ..] = saved else { return Err(RestoreError { reason: "unknown format" }) };
        let Some((length, state)) = rest.split_first_chunk::<8>() else {
            return Err(RestoreError { reason: "too short" });
        };
        let state = match *algorithm {
            a if a == Algorithm::Sha256 as u8 => State::Sha256(read_state(state)?),
            a if a == Algorithm::Sha512 as u8 => State::Sha512(read_state(state)?),
            _ => return Err(RestoreError { reason: "unknown algorithm" }),
        };
        Ok(Self { state, length: u64::from_be_bytes(*length) })
    }
}

fn read_state<H: SerializableState>(bytes: &[u8]) -> Result<H, RestoreError> {
    let state = <&SerializedState<H>>::try_from(bytes).map_err(|_| RestoreError { reason: "wrong length" })?;
    H::deserialize(state).map_err(|_| RestoreError { reason: "broken state" })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_saved_hash_goes_on_elsewhere(parts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 0..6), long: bool) {
            let algorithm = if long { Algorithm::Sha512 } else { Algorithm::Sha256 };
            let mut hasher = Hasher::new(algorithm);
            for part in &parts {
                hasher = Hasher::restore(&hasher.save()).unwrap();
                hasher.update(part);
            }
            let whole = parts.concat();
            prop_assert_eq!(hasher.length(), whole.len() as u64);
            prop_assert_eq!(hasher.finish(), Digest::with(algorithm, &whole));
        }

        #[test]
        fn garbage_is_refused_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..260)) {
            let _ = Hasher::restore(&bytes).map(Hasher::finish);
        }
    }

    #[test]
    fn a_saved_state_is_small() {
        assert!(Hasher::new(Algorithm::Sha512).save().len() < 256);
        assert!(Hasher::restore(&Hasher::new(Algorithm::Sha256).save()[1..]).is_err());
    }
}
