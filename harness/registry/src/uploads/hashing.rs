//! Hashes a part for the blob's digest and for the storage, here or on a thread of its own: both hashes together take longer than sending
//! does. Not here: when, and what is done with it (`receive`).

use bytes::Bytes;
use shakedown_oci::Hasher;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::storage::Payload;

/// A part to hash.
pub(super) struct Part {
    /// Its bytes.
    pub(super) frames: Vec<Bytes>,
    /// So many of the first ones are in the hash.
    pub(super) known: u64,
    /// The hash over everything before.
    pub(super) hasher: Hasher,
    /// Whether the signature covers the bytes.
    pub(super) is_signed: bool,
    /// Whether the storage's answer is compared with their MD5.
    pub(super) wants_md5: bool,
}

/// A part that can be sent.
pub(super) struct Hashed {
    /// The hash with this part.
    pub(super) hasher: Hasher,
    /// What is sent.
    pub(super) payload: Payload,
}

/// A part that is being hashed.
pub(super) struct Hashing(JoinHandle<Hashed>);

impl Part {
    pub(super) fn hash(mut self) -> Hashed {
        update(&mut self.hasher, &self.frames, self.known);
        let payload = if self.is_signed { Payload::frames(self.frames) } else { Payload::unsigned(self.frames) };
        payload.hash(self.wants_md5);
        Hashed { hasher: self.hasher, payload }
    }

    pub(super) fn on_a_thread(self) -> Hashing {
        Hashing(spawn_blocking(move || self.hash()))
    }
}

impl Hashing {
    pub(super) async fn done(self) -> Hashed {
        // It is never aborted: an error is a panic, and belongs to whoever waits.
        self.0.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
    }
}

/// Adds `frames` without their first `known` bytes.
pub(super) fn update(hasher: &mut Hasher, frames: &[Bytes], mut known: u64) {
    for frame in frames {
        let skipped = known.min(frame.len() as u64);
        known -= skipped;
        hasher.update(&frame[usize::try_from(skipped).unwrap_or(frame.len())..]);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use shakedown_oci::{Algorithm, Digest};

    use super::*;

    proptest! {
        #[test]
        fn no_byte_is_hashed_twice_and_none_is_left_out(frames in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..9), 0..9), known in 0_usize..90) {
            let whole = frames.concat();
            let known = known.min(whole.len());
            let mut hasher = Hasher::new(Algorithm::Sha256);
            hasher.update(&whole[..known]);
            let frames: Vec<Bytes> = frames.into_iter().map(Bytes::from).collect();
            update(&mut hasher, &frames, known as u64);
            prop_assert_eq!(hasher.finish(), Digest::of(&whole));
        }
    }
}
