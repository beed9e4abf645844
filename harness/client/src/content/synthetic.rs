//! Content from a seed: any size, any offset, constant memory. The same seed gives the same bytes on every machine.

use std::ops::Range;

use bytes::{Bytes, BytesMut};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use shakedown_oci::{Algorithm, Digest, Hasher};
use shakedown_wire::Body;

use super::blob::{BlobSource, SourceError};

/// Bytes per frame.
const FRAME: u64 = 64 * 1024;

/// `size` bytes of the key stream of `seed`. Contents of one seed are prefixes of each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Content {
    /// Decides the bytes.
    pub seed: u64,
    /// How many.
    pub size: u64,
}

impl Content {
    /// Content of `size` bytes.
    pub fn new(seed: u64, size: u64) -> Self {
        Self { seed, size }
    }

    /// The SHA-256 digest, computed by running through the content.
    pub fn digest(&self) -> Digest {
        let mut hasher = Hasher::new(Algorithm::Sha256);
        for frame in self.frames(0..self.size) {
            hasher.update(&frame);
        }
        hasher.finish()
    }

    /// The bytes of `range`, cut at the end of the content.
    pub fn frames(&self, range: Range<u64>) -> impl Iterator<Item = Bytes> + Send + use<> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        let end = range.end.min(self.size);
        let mut offset = range.start;
        // The stream is sought in words of four bytes; the bytes before the offset are made and dropped.
        rng.set_word_pos(u128::from(offset / 4));
        let mut skip = offset % 4;
        std::iter::from_fn(move || {
            if offset >= end {
                return None;
            }
            // Frames end at multiples of a word, so that no word is cut and half of it lost.
            let length = (FRAME - skip).min(end - offset);
            let mut frame = BytesMut::zeroed(usize::try_from(skip + length).ok()?);
            rng.fill_bytes(&mut frame);
            let bytes = frame.freeze().slice(usize::try_from(skip).ok()?..);
            offset += length;
            skip = 0;
            Some(bytes)
        })
    }
}

impl BlobSource for Content {
    fn size(&self) -> u64 {
        self.size
    }

    fn read(&self, range: Range<u64>) -> BoxFuture<'_, Result<Body, SourceError>> {
        let length = range.end.min(self.size).saturating_sub(range.start);
        let frames = futures_util::stream::iter(self.frames(range).map(Ok));
        std::future::ready(Ok(Body::sized(length, frames))).boxed()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bytes(content: Content, range: Range<u64>) -> Vec<u8> {
        content.frames(range).flatten().collect()
    }

    #[test]
    fn content_is_the_same_everywhere() {
        // A known value: a change here changes every digest of every report.
        let content = Content::new(7, 100_000);
        insta::assert_snapshot!(content.digest(), @"sha256:01cde97019964e979f600a612382965444b228aa062a6dadac5d9ba0979ee8f6");
        assert_eq!(Content::new(7, 0).digest(), Digest::of(b""));
        assert_ne!(Content::new(8, 100_000).digest(), content.digest());
    }

    #[test]
    fn far_offsets_cost_nothing() {
        let content = Content::new(1, 1 << 50);
        let end = bytes(content, (1 << 50) - 5..1 << 50);
        assert_eq!(end.len(), 5);
        assert_eq!(&end[2..], bytes(content, (1 << 50) - 3..u64::MAX));
    }

    proptest! {
        #[test]
        fn every_range_is_a_slice_of_the_whole(size in 0_u64..200_000, start in 0_u64..200_000, length in 0_u64..150_000) {
            let content = Content::new(3, size);
            let whole = bytes(content, 0..size);
            prop_assert_eq!(whole.len() as u64, size);
            let start = start.min(size);
            let end = (start + length).min(size);
            prop_assert_eq!(bytes(content, start..end), &whole[start as usize..end as usize]);
        }
    }
}
