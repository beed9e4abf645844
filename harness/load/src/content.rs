//! What is pushed: bytes from a seed, each blob another one, in constant memory and at no cost of time.
//!
//! The client's own synthetic content is made and hashed while it is sent, which costs more than a fast registry does. Here a blob is one
//! block of it again and again, with an end of its own; the hash up to that end is kept for each large size, so that the next blob of that
//! size has its digest at once. Compressed content is made the same way: members of a gzip file and frames of the others may follow each other.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use shakedown_client::{Blob, BlobSource, Content, SourceError};
use shakedown_oci::{Algorithm, Descriptor, Digest, Hasher};
use shakedown_wire::Body;

use crate::compression::{self, Compression};

/// Bytes of the block that is repeated.
const BLOCK: u64 = 1 << 20;
/// Bytes of a frame.
const FRAME: u64 = 128 << 10;
/// Bytes at the end that make a blob different from all others.
const END: u64 = 32;
/// Bytes of content in a compressed member; the largest that fits a blob is repeated in it.
const MEMBERS: [usize; 4] = [512, 4 << 10, 32 << 10, 256 << 10];
/// Bytes that are hashed in one go: some ten milliseconds.
const TURN: u64 = 16 << 20;
/// Hash states that are kept, of sizes from [`BLOCK`] on; smaller content is hashed each time.
const KEPT: usize = 256;

/// Makes blobs. Clones share what is known.
#[derive(Clone)]
pub(crate) struct Maker(Arc<Shared>);

struct Shared {
    seed: u64,
    block: Bytes,
    /// Compressed blocks that were asked for, smallest members first.
    packed: [OnceLock<[Member; MEMBERS.len()]>; 4],
    states: Mutex<BTreeMap<Key, Hasher>>,
}

/// What begins alike: the compression, which of its members, and the bytes before the end.
type Key = (Compression, usize, u64);

/// A compressed member, as often as a block holds it.
#[derive(Clone)]
struct Member {
    length: u64,
    block: Bytes,
}

impl Member {
    fn new(length: usize, member: &[u8]) -> Self {
        Self { length: length as u64, block: member.repeat((BLOCK as usize / length).max(1)).into() }
    }
}

impl Maker {
    pub(crate) fn new(seed: u64) -> Self {
        let block: Vec<u8> = Content::new(seed, BLOCK).frames(0..BLOCK).flatten().collect();
        Self(Arc::new(Shared { seed, block: block.into(), packed: Default::default(), states: Mutex::default() }))
    }

    /// The bytes that blobs are made of.
    pub(crate) fn block(&self) -> Bytes {
        self.0.block.clone()
    }

    /// The blob with this number and size: the same on every machine. Compressed ones are a little smaller than asked for.
    pub(crate) fn blob(&self, compression: Compression, number: u64, size: u64) -> Blob {
        let source = self.source(compression, number, size);
        let descriptor = Descriptor::new(compression.media_type(), self.digest(&source), source.size);
        Blob::new(descriptor, Arc::new(source))
    }

    /// Hashes what all blobs of this size begin with, so that no operation has to. That takes seconds for the largest: whoever drops this does
    /// not wait for them.
    pub(crate) async fn hash_ahead(&self, compression: Compression, size: u64) {
        let source = self.source(compression, 0, size);
        let middle = source.middle();
        if source.size < BLOCK || self.states().contains_key(&source.key()) {
            return;
        }
        let mut hasher = Hasher::new(Algorithm::Sha256);
        for from in (0..middle).step_by(TURN as usize) {
            source.frames(from..middle.min(from + TURN)).for_each(|frame| hasher.update(&frame));
            tokio::task::yield_now().await;
        }
        self.keep(&source, &hasher);
    }

    fn source(&self, compression: Compression, number: u64, size: u64) -> Repeated {
        // Streams of neighbouring seeds have nothing in common.
        let end = Content::new(self.0.seed ^ number.rotate_left(32) ^ size, END.min(size));
        let end: Vec<u8> = end.frames(0..END).flatten().collect();
        if compression == Compression::None {
            return Repeated { compression, member: 0, block: self.0.block.clone(), end: end.into(), size };
        }
        let end = Bytes::from(compression.pack(&end));
        let room = size.saturating_sub(end.len() as u64);
        let members = self.members(compression);
        let member = members.iter().rposition(|member| member.length <= room).unwrap_or_default();
        let size = room - room % members[member].length + end.len() as u64;
        Repeated { compression, member, block: members[member].block.clone(), end, size }
    }

    fn members(&self, compression: Compression) -> &[Member; MEMBERS.len()] {
        self.0.packed[compression as usize].get_or_init(|| {
            let raw = compression::raw(self.0.seed, MEMBERS[MEMBERS.len() - 1]);
            MEMBERS.map(|length| {
                let member = compression.pack(&raw[..length]);
                Member::new(member.len(), &member)
            })
        })
    }

    fn digest(&self, source: &Repeated) -> Digest {
        let mut hasher = if source.size < BLOCK { source.hashed() } else { self.state(source) };
        hasher.update(&source.end);
        hasher.finish()
    }

    /// The hash of everything before the end.
    fn state(&self, source: &Repeated) -> Hasher {
        let known = self.states().get(&source.key()).cloned();
        known.unwrap_or_else(|| {
            let hasher = source.hashed();
            self.keep(source, &hasher);
            hasher
        })
    }

    fn keep(&self, source: &Repeated, hasher: &Hasher) {
        let mut states = self.states();
        if states.len() < KEPT {
            states.insert(source.key(), hasher.clone());
        }
    }

    fn states(&self) -> std::sync::MutexGuard<'_, BTreeMap<Key, Hasher>> {
        self.0.states.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The block again and again, then the end.
#[derive(Clone)]
struct Repeated {
    compression: Compression,
    /// Which of the members.
    member: usize,
    block: Bytes,
    end: Bytes,
    size: u64,
}

impl Repeated {
    /// Bytes before the end.
    fn middle(&self) -> u64 {
        self.size - self.end.len() as u64
    }

    fn key(&self) -> Key {
        (self.compression, self.member, self.middle())
    }

    /// The hash of everything before the end.
    fn hashed(&self) -> Hasher {
        let mut hasher = Hasher::new(Algorithm::Sha256);
        self.frames(0..self.middle()).for_each(|frame| hasher.update(&frame));
        hasher
    }

    fn frames(&self, range: Range<u64>) -> impl Iterator<Item = Bytes> + Send + use<> {
        let this = self.clone();
        let (mut at, to) = (range.start, range.end.min(self.size));
        let middle = self.middle();
        let block = self.block.len() as u64;
        std::iter::from_fn(move || {
            if at >= to {
                return None;
            }
            let (from, whole, limit) =
                if at < middle { (at % block, &this.block, middle) } else { (at - middle, &this.end, this.size) };
            let length = (FRAME - from % FRAME).min(whole.len() as u64 - from).min(limit.min(to) - at);
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
                let blob = maker.blob(Compression::None, number, size);
                let bytes = bytes(&maker.source(Compression::None, number, size), 0..size);
                assert_eq!((bytes.len() as u64, Digest::of(&bytes)), (size, blob.descriptor.digest.clone()));
                assert!(digests.insert(blob.descriptor.digest));
            }
        }
        assert_eq!(maker.blob(Compression::None, 1, 0).descriptor.digest, Digest::of(b""));
        let (one, other) = (Maker::new(7).blob(Compression::Zstd, 2, 33), maker.blob(Compression::Zstd, 2, 33));
        assert_eq!(one.descriptor, other.descriptor);
    }

    #[tokio::test]
    async fn what_was_hashed_ahead_is_the_same_and_whoever_stops_need_not_wait() {
        let size = 2 * TURN + 5;
        let ahead = Maker::new(7);
        let stopped = futures_util::FutureExt::now_or_never(ahead.hash_ahead(Compression::None, size));
        assert!(stopped.is_none() && ahead.states().is_empty(), "it goes on only when somebody waits for it");
        for compression in [Compression::None, Compression::Gzip] {
            let maker = Maker::new(7);
            maker.hash_ahead(compression, size).await;
            assert_eq!(maker.states().keys().copied().collect::<Vec<_>>(), [maker.source(compression, 3, size).key()]);
            assert_eq!(
                maker.blob(compression, 3, size).descriptor,
                Maker::new(7).blob(compression, 3, size).descriptor
            );
        }
        ahead.hash_ahead(Compression::None, BLOCK - 1).await;
        assert!(ahead.states().is_empty(), "small content costs nothing");
    }

    #[tokio::test]
    async fn compressed_content_is_of_about_the_size_and_can_be_unpacked() {
        let maker = Maker::new(7);
        let mut digests = std::collections::BTreeSet::new();
        for compression in [Compression::Gzip, Compression::Zstd, Compression::Lz4] {
            // One with nothing but its end in it.
            let smallest = compression.pack(&[0, 1, 2]).len() as u64;
            for (size, least) in [(3_u64, smallest), (2_000, 1_000), (50_000, 25_000), (3_000_000, 2_500_000)] {
                for number in 0..2 {
                    let source = maker.source(compression, number, size);
                    let bytes = bytes(&source, 0..source.size);
                    let blob = maker.blob(compression, number, size);
                    assert!(
                        (least..=size.max(90)).contains(&blob.descriptor.size),
                        "{compression:?} {size}: {}",
                        source.size
                    );
                    assert_eq!(
                        (bytes.len() as u64, Digest::of(&bytes)),
                        (blob.descriptor.size, blob.descriptor.digest.clone())
                    );
                    assert!(digests.insert(blob.descriptor.digest));
                    let unpacker = compression::Unpacker::start(compression);
                    unpacker.push(bytes.into()).await;
                    let unpacked = unpacker.finish().await.unwrap().bytes;
                    assert!(
                        size < 2_000 || unpacked > source.size * 3 / 2,
                        "{compression:?}: {} to {unpacked}",
                        source.size
                    );
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn every_range_is_a_slice_of_the_whole(size in 0_u64..2_500_000, start in 0_u64..2_500_000, length in 0_u64..300_000, packed: bool) {
            let source = Maker::new(3).source(if packed { Compression::Gzip } else { Compression::None }, 5, size);
            let size = source.size;
            let whole = bytes(&source, 0..size);
            let start = start.min(size);
            let end = (start + length).min(size);
            prop_assert!(bytes(&source, start..end) == whole[start as usize..end as usize]);
        }
    }
}
