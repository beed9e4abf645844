//! What is pushed: bytes from a seed, each blob another one, in constant memory and at no cost of time.
//!
//! The client's own synthetic content is made and hashed while it is sent, which costs more than a fast registry does. Here a blob is one
//! block of it again and again, with an end of its own; the hash up to that end is kept for each large size, so that the next blob of that
//! size has its digest at once.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use shakedown_client::{Blob, BlobSource, Content, SourceError};
use shakedown_oci::{Algorithm, Descriptor, Digest, Hasher};
use shakedown_wire::Body;

/// Bytes of the block that is repeated.
const BLOCK: u64 = 1 << 20;
/// Bytes of a frame; divides the block.
const FRAME: u64 = 128 << 10;
/// Bytes at the end that make a blob different from all others.
const END: u64 = 32;
/// Hash states that are kept, of sizes from [`BLOCK`] on; smaller content is hashed each time.
const KEPT: usize = 256;

/// Makes blobs. Clones share what is known.
#[derive(Clone)]
pub(crate) struct Maker(Arc<Shared>);

struct Shared {
    seed: u64,
    block: Bytes,
    states: Mutex<BTreeMap<u64, Hasher>>,
}

impl Maker {
    pub(crate) fn new(seed: u64) -> Self {
        let block: Vec<u8> = Content::new(seed, BLOCK).frames(0..BLOCK).flatten().collect();
        Self(Arc::new(Shared { seed, block: block.into(), states: Mutex::default() }))
    }

    /// The blob with this number and size: the same on every machine.
    pub(crate) fn blob(&self, media_type: &str, number: u64, size: u64) -> Blob {
        let source = self.source(number, size);
        let descriptor = Descriptor::new(media_type, self.digest(&source), size);
        Blob::new(descriptor, Arc::new(source))
    }

    fn source(&self, number: u64, size: u64) -> Repeated {
        // Streams of neighbouring seeds have nothing in common.
        let end = Content::new(self.0.seed ^ number.rotate_left(32) ^ size, END.min(size));
        let end: Vec<u8> = end.frames(0..END).flatten().collect();
        Repeated { block: self.0.block.clone(), end: end.into(), size }
    }

    fn digest(&self, source: &Repeated) -> Digest {
        let middle = source.size - source.end.len() as u64;
        let mut hasher = if source.size < BLOCK { hashed(source, middle) } else { self.state(source, middle) };
        hasher.update(&source.end);
        hasher.finish()
    }

    /// The hash of everything before the end.
    fn state(&self, source: &Repeated, middle: u64) -> Hasher {
        let known = self.states().get(&middle).cloned();
        known.unwrap_or_else(|| {
            let hasher = hashed(source, middle);
            let mut states = self.states();
            if states.len() < KEPT {
                states.insert(middle, hasher.clone());
            }
            hasher
        })
    }

    fn states(&self) -> std::sync::MutexGuard<'_, BTreeMap<u64, Hasher>> {
        self.0.states.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn hashed(source: &Repeated, end: u64) -> Hasher {
    let mut hasher = Hasher::new(Algorithm::Sha256);
    source.frames(0..end).for_each(|frame| hasher.update(&frame));
    hasher
}

/// The block again and again, then the end.
#[derive(Clone)]
struct Repeated {
    block: Bytes,
    end: Bytes,
    size: u64,
}

impl Repeated {
    fn frames(&self, range: Range<u64>) -> impl Iterator<Item = Bytes> + Send + use<> {
        let this = self.clone();
        let (mut at, to) = (range.start, range.end.min(self.size));
        let middle = self.size - self.end.len() as u64;
        std::iter::from_fn(move || {
            if at >= to {
                return None;
            }
            let (from, whole, limit) =
                if at < middle { (at % BLOCK, &this.block, middle) } else { (at - middle, &this.end, this.size) };
            let length = (FRAME - from % FRAME).min(limit.min(to) - at);
            let start = usize::try_from(from).ok()?;
            let frame = whole.slice(start..start + usize::try_from(length).ok()?);
            at += length;
            Some(frame)
        })
    }
}

impl BlobSource for Repeated {
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

    fn bytes(source: &Repeated, range: Range<u64>) -> Vec<u8> {
        source.frames(range).fold(Vec::new(), |mut bytes, frame| {
            bytes.extend_from_slice(&frame);
            bytes
        })
    }

    #[test]
    fn digests_are_of_the_bytes_and_no_two_blobs_are_one() {
        let maker = Maker::new(7);
        let mut digests = std::collections::BTreeSet::new();
        for size in [33, 1000, BLOCK - 1, BLOCK, 3 * BLOCK + 12_345] {
            for number in 0..3 {
                let blob = maker.blob("a/b", number, size);
                let bytes = bytes(&maker.source(number, size), 0..size);
                assert_eq!((bytes.len() as u64, Digest::of(&bytes)), (size, blob.descriptor.digest.clone()));
                assert!(digests.insert(blob.descriptor.digest));
            }
        }
        assert_eq!(maker.blob("a/b", 1, 0).descriptor.digest, Digest::of(b""));
        assert_eq!(Maker::new(7).blob("a/b", 2, 33).descriptor, maker.blob("a/b", 2, 33).descriptor);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn every_range_is_a_slice_of_the_whole(size in 0_u64..2_500_000, start in 0_u64..2_500_000, length in 0_u64..300_000) {
            let source = Maker::new(3).source(5, size);
            let whole = bytes(&source, 0..size);
            let start = start.min(size);
            let end = (start + length).min(size);
            prop_assert!(bytes(&source, start..end) == whole[start as usize..end as usize]);
        }
    }
}
