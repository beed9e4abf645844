//! Ids that look like a store's and repeat with the seed.

use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::error::RequestIds;

/// Makes ids, each once.
#[derive(Debug)]
pub(crate) struct Ids(Mutex<ChaCha8Rng>);

impl Ids {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Mutex::new(ChaCha8Rng::seed_from_u64(seed)))
    }

    fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes);
        bytes
    }

    /// The ids of one answer.
    pub(crate) fn request(&self) -> RequestIds {
        let bytes: [u8; 44] = self.bytes();
        RequestIds { request: hex::encode_upper(&bytes[..8]), host: STANDARD.encode(&bytes[8..]) }
    }

    /// An upload id; ids of one key sort by the order in which the uploads were opened, so that upload-id-marker works.
    pub(crate) fn upload(&self, order: u64) -> String {
        format!("{order:012x}{}", hex::encode(self.bytes::<20>()))
    }

    /// An ETag that is no MD5.
    pub(crate) fn etag(&self) -> String {
        hex::encode(self.bytes::<16>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_repeat_with_the_seed_and_differ_within_a_run() {
        let (a, b) = (Ids::new(7), Ids::new(7));
        assert_eq!(a.request().request, b.request().request);
        assert_ne!(a.etag(), a.etag());
        assert!(a.upload(9) < a.upload(10));
    }
}
