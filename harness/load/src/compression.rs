//! Layers as users have them: compressed content that is made once and costs nothing to push, and the unpacking of what was pulled, on a
//! thread of its own beside the transfer, as clients do it. Not here: content that nothing can compress (`content`).

use std::io::{self, Read, Write};
use std::time::Duration;

use bytes::Bytes;
use rand::{RngExt as _, SeedableRng};
use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// Media type of layers as most are.
pub(crate) const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
/// Frames of a pull that may wait for unpacking; more hold up the transfer, as a slow disk would.
const WAITING: usize = 32;
/// Bytes unpacked at a time.
const WINDOW: usize = 128 << 10;

/// How layers are packed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Compression {
    /// Bytes that nothing can compress, and nobody unpacks.
    #[default]
    None,
    /// RFC 1952, as most images have it.
    Gzip,
    /// RFC 8878.
    Zstd,
    /// The LZ4 frame format.
    Lz4,
}

impl Compression {
    /// The media type of such a layer; LZ4 has none that is registered.
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::None | Self::Gzip => LAYER,
            Self::Zstd => "application/vnd.oci.image.layer.v1.tar+zstd",
            Self::Lz4 => "application/vnd.oci.image.layer.v1.tar+lz4",
        }
    }

    /// The bytes as one member or frame. Several of them in a row are again a file of this kind.
    pub(crate) fn pack(self, raw: &[u8]) -> Vec<u8> {
        // Writing into memory does not fail.
        let packed = match self {
            Self::None => Ok(raw.to_vec()),
            Self::Gzip => {
                let mut packer = flate2::read::GzEncoder::new(raw, flate2::Compression::default());
                let mut packed = Vec::new();
                packer.read_to_end(&mut packed).map(|_| packed)
            }
            // With check sums, as the programs write them that layers are packed with.
            Self::Zstd => zstd::Encoder::new(Vec::new(), zstd::DEFAULT_COMPRESSION_LEVEL).and_then(|mut packer| {
                packer.include_checksum(true)?;
                packer.write_all(raw)?;
                packer.finish()
            }),
            Self::Lz4 => {
                let info = lz4_flex::frame::FrameInfo::new().content_checksum(true);
                let mut packer = lz4_flex::frame::FrameEncoder::with_frame_info(info, Vec::new());
                packer.write_all(raw).and_then(|()| packer.finish().map_err(io::Error::other))
            }
        };
        packed.expect("packing in memory")
    }

    /// The content again.
    fn reader(self, packed: Packed) -> io::Result<Box<dyn Read>> {
        Ok(match self {
            Self::None => Box::new(packed),
            Self::Gzip => Box::new(flate2::read::MultiGzDecoder::new(packed)),
            Self::Zstd => Box::new(zstd::Decoder::new(packed)?),
            Self::Lz4 => Box::new(Frames(Some(lz4_flex::frame::FrameDecoder::new(packed)))),
        })
    }
}

/// Words of the dictionary that texts are made of.
const WORDS: usize = 100;
/// Bytes in a block of content that NULs fill up.
const PADDED: usize = 128;

/// Content of the kind that layers are full of: a few words very often, others seldom, numbers in between, and the NULs to the end of a
/// block that tar files have; it packs to half or less.
pub(crate) fn raw(seed: u64, length: usize) -> Vec<u8> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let words: Vec<String> = (0..WORDS)
        .map(|_| (0..rng.random_range(2..10)).map(|_| char::from(rng.random_range(b'a'..=b'z'))).collect())
        .collect();
    let mut content = Vec::with_capacity(length + 64);
    while content.len() < length {
        match rng.random_range(0..24) {
            0 => content.extend_from_slice(format!("{:08x}\n", rng.random::<u32>()).as_bytes()),
            1 => content.resize(content.len().next_multiple_of(PADDED), 0),
            _ => {
                let rare = rng.random_range(0..WORDS);
                content.extend_from_slice(words[rng.random_range(0..=rare)].as_bytes());
                content.push(b' ');
            }
        }
    }
    content.truncate(length);
    content
}

/// What came of unpacking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unpacked {
    /// Bytes of content.
    pub(crate) bytes: u64,
    /// Time at work; waiting for the transfer is left out.
    pub(crate) busy: Duration,
}

/// Unpacks beside the transfer.
pub(crate) struct Unpacker {
    frames: mpsc::Sender<Bytes>,
    work: JoinHandle<io::Result<Unpacked>>,
}

impl Unpacker {
    pub(crate) fn start(compression: Compression) -> Self {
        let (frames, received) = mpsc::channel(WAITING);
        Self { frames, work: tokio::task::spawn_blocking(move || unpack(compression, received)) }
    }

    /// More of it. Whoever can unpack no more says why at the end.
    pub(crate) async fn push(&self, frame: Bytes) {
        let _ = self.frames.send(frame).await;
    }

    /// No more comes.
    ///
    /// # Errors
    /// What came is not what it should be.
    pub(crate) async fn finish(self) -> io::Result<Unpacked> {
        drop(self.frames);
        self.work.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
    }
}

fn unpack(compression: Compression, frames: mpsc::Receiver<Bytes>) -> io::Result<Unpacked> {
    let waited = std::rc::Rc::new(std::cell::Cell::new(Duration::ZERO));
    let began = Instant::now();
    let mut reader = compression.reader(Packed { frames, rest: Bytes::new(), waited: waited.clone() })?;
    let mut window = vec![0; WINDOW];
    let mut bytes = 0;
    loop {
        match reader.read(&mut window)? {
            0 => break,
            count => bytes += count as u64,
        }
    }
    Ok(Unpacked { bytes, busy: began.elapsed().saturating_sub(waited.get()) })
}

/// What has come so far, as a reader that waits for more.
struct Packed {
    frames: mpsc::Receiver<Bytes>,
    rest: Bytes,
    waited: std::rc::Rc<std::cell::Cell<Duration>>,
}

impl Packed {
    /// Waits for more; false if no more comes.
    fn has_more(&mut self) -> bool {
        while self.rest.is_empty() {
            let began = Instant::now();
            let next = self.frames.blocking_recv();
            self.waited.set(self.waited.get() + began.elapsed());
            match next {
                Some(frame) => self.rest = frame,
                None => return false,
            }
        }
        true
    }
}

impl Read for Packed {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if !self.has_more() {
            return Ok(0);
        }
        let count = into.len().min(self.rest.len());
        into[..count].copy_from_slice(&self.rest.split_to(count));
        Ok(count)
    }
}

/// LZ4 frames in a row, each with a decoder of its own: one decoder does not read a second frame behind a first one of many blocks.
struct Frames(Option<lz4_flex::frame::FrameDecoder<Packed>>);

impl Read for Frames {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while let Some(mut decoder) = self.0.take() {
            let count = decoder.read(into)?;
            if count > 0 {
                self.0 = Some(decoder);
                return Ok(count);
            }
            let mut packed = decoder.into_inner();
            if packed.has_more() {
                self.0 = Some(lz4_flex::frame::FrameDecoder::new(packed));
            }
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Compression; 4] = [Compression::None, Compression::Gzip, Compression::Zstd, Compression::Lz4];

    async fn unpacked(compression: Compression, packed: &[u8], frame: usize) -> io::Result<Unpacked> {
        let unpacker = Unpacker::start(compression);
        for frame in packed.chunks(frame) {
            unpacker.push(Bytes::copy_from_slice(frame)).await;
        }
        unpacker.finish().await
    }

    #[tokio::test]
    async fn members_in_a_row_unpack_to_all_of_their_content() {
        for compression in ALL {
            let packed: Vec<u8> =
                [100_000, 32, 1, 70_000].iter().flat_map(|&size| compression.pack(&raw(7, size))).collect();
            for frame in [7_001, packed.len()] {
                assert_eq!(unpacked(compression, &packed, frame).await.unwrap().bytes, 170_033, "{compression:?}");
            }
            if compression != Compression::None {
                assert!(packed.len() < 120_000, "{compression:?}: {}", packed.len());
                let mut broken = packed.clone();
                broken[20_000] ^= 0x55;
                assert!(unpacked(compression, &broken, 9_000).await.is_err(), "{compression:?} finds the changed byte");
                assert!(unpacked(compression, &packed[..packed.len() - 3], 9_000).await.is_err(), "{compression:?}");
            }
        }
    }
}
