//! Received bytes that wait to become a part: frames as they came, without copies, but for tiny ones. A peer that sends single bytes must
//! not make us keep a handle for each.

use bytes::{Bytes, BytesMut};

/// Frames below this are copied together.
const TINY: usize = 4 << 10;
/// Up to chunks of this size.
const CHUNK: usize = 64 << 10;

/// Bytes in the order they came.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    done: Vec<Bytes>,
    open: BytesMut,
    length: u64,
}

impl Frames {
    /// How many bytes there are.
    pub(crate) fn len(&self) -> u64 {
        self.length
    }

    /// Adds a frame at the end.
    pub(crate) fn push(&mut self, frame: Bytes) {
        self.length += frame.len() as u64;
        if frame.len() >= TINY {
            self.close();
            self.done.push(frame);
            return;
        }
        self.open.extend_from_slice(&frame);
        if self.open.len() >= CHUNK {
            self.close();
        }
    }

    /// Takes the first `size` bytes, or all if there are fewer.
    pub(crate) fn take(&mut self, size: u64) -> Vec<Bytes> {
        self.close();
        let mut left = usize::try_from(size).unwrap_or(usize::MAX);
        let mut taken = Vec::new();
        let mut whole = 0;
        for frame in &mut self.done {
            if left == 0 {
                break;
            }
            if frame.len() <= left {
                left -= frame.len();
                taken.push(frame.clone());
                whole += 1;
            } else {
                taken.push(frame.split_to(left));
                left = 0;
            }
        }
        self.done.drain(..whole);
        self.length -= taken.iter().map(|frame| frame.len() as u64).sum::<u64>();
        taken
    }

    fn close(&mut self) {
        if !self.open.is_empty() {
            self.done.push(self.open.split().freeze());
        }
    }
}

impl From<Vec<Bytes>> for Frames {
    fn from(done: Vec<Bytes>) -> Self {
        let length = done.iter().map(|frame| frame.len() as u64).sum();
        Self { done, open: BytesMut::new(), length }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_byte_stays_in_order(
            frames in proptest::collection::vec((any::<u8>(), prop_oneof![0_usize..20, 4000_usize..5000]), 0..40),
            sizes in proptest::collection::vec(0_u64..9000, 0..20),
        ) {
            let whole: Vec<u8> = frames.iter().flat_map(|(byte, size)| vec![*byte; *size]).collect();
            let mut buffer = Frames::default();
            let mut taken = Vec::new();
            let mut sizes = sizes.into_iter();
            for (byte, size) in frames {
                buffer.push(vec![byte; size].into());
                if let Some(size) = sizes.next() {
                    let before = buffer.len();
                    let part = buffer.take(size).concat();
                    prop_assert_eq!(part.len() as u64, size.min(before));
                    taken.extend(part);
                }
            }
            prop_assert_eq!(taken.len() as u64 + buffer.len(), whole.len() as u64);
            taken.extend(buffer.take(u64::MAX).concat());
            prop_assert_eq!(taken, whole);
        }
    }

    #[test]
    fn single_bytes_do_not_become_handles() {
        let mut buffer = Frames::default();
        for _ in 0..1 << 20 {
            buffer.push(Bytes::from_static(b"x"));
        }
        assert!(buffer.done.len() <= 16, "{}", buffer.done.len());
        assert_eq!(buffer.len(), 1 << 20);
    }
}
