//! A request body that can be sent again: reference-counted frames with their hashes (incident J01: a retry must not send a spent body).

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use futures_util::stream;
use md5::{Digest as _, Md5};
use sha2::Sha256;
use shakedown_wire::Body;

const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// What `x-amz-content-sha256` says of a body that the signature does not cover.
const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

/// Bytes to send. Each hash is computed once, when it is first asked for: they cost more than sending does.
#[derive(Clone)]
pub(crate) struct Payload(Arc<Shared>);

struct Shared {
    frames: Vec<Bytes>,
    length: u64,
    is_signed: bool,
    sha256: OnceLock<String>,
    md5: OnceLock<[u8; 16]>,
}

impl Payload {
    /// No body.
    pub(crate) fn none() -> Self {
        Self::frames(Vec::new())
    }

    /// One frame.
    pub(crate) fn of(bytes: impl Into<Bytes>) -> Self {
        Self::frames(vec![bytes.into()])
    }

    /// Several frames, not copied.
    pub(crate) fn frames(frames: Vec<Bytes>) -> Self {
        Self::new(frames, true)
    }

    /// Several frames that the signature leaves out; a CRC of them is sent instead.
    pub(crate) fn unsigned(frames: Vec<Bytes>) -> Self {
        Self::new(frames, false)
    }

    fn new(frames: Vec<Bytes>, is_signed: bool) -> Self {
        let length = frames.iter().map(|frame| frame.len() as u64).sum();
        Self(Arc::new(Shared { frames, length, is_signed, sha256: OnceLock::new(), md5: OnceLock::new() }))
    }

    /// What is left of it once it was sent: its length and its hashes, and no bytes. Only a seeded defect sends that.
    pub(crate) fn spent(&self) -> Self {
        let Shared { length, is_signed, sha256, md5, .. } = &*self.0;
        let (sha256, md5) = (sha256.clone(), md5.clone());
        Self(Arc::new(Shared { frames: Vec::new(), length: *length, is_signed: *is_signed, sha256, md5 }))
    }

    pub(crate) fn len(&self) -> u64 {
        self.0.length
    }

    /// False if the signature leaves the bytes out.
    pub(crate) fn is_signed(&self) -> bool {
        self.0.is_signed
    }

    /// Lower-case hex, for `x-amz-content-sha256`.
    pub(crate) fn sha256(&self) -> &str {
        if !self.0.is_signed {
            return UNSIGNED;
        }
        if self.0.length == 0 {
            return EMPTY_SHA256;
        }
        self.0.sha256.get_or_init(|| {
            let mut hash = Sha256::new();
            self.0.frames.iter().for_each(|frame| hash.update(frame));
            hex::encode(hash.finalize())
        })
    }

    /// For `x-amz-checksum-crc64nvme`: base64 of the CRC, highest byte first.
    pub(crate) fn crc64_base64(&self) -> String {
        let mut crc = crc_fast::Digest::new(crc_fast::CrcAlgorithm::Crc64Nvme);
        self.0.frames.iter().for_each(|frame| crc.update(frame));
        base64(&crc.finalize().to_be_bytes())
    }

    /// Computes now what sending will ask for.
    pub(crate) fn hash(&self, wants_md5: bool) {
        self.sha256();
        if wants_md5 {
            self.md5();
        }
    }

    /// For `Content-MD5`.
    pub(crate) fn md5_base64(&self) -> String {
        base64(self.md5())
    }

    /// What a plain store's ETag must be.
    pub(crate) fn md5_hex(&self) -> String {
        hex::encode(self.md5())
    }

    fn md5(&self) -> &[u8; 16] {
        self.0.md5.get_or_init(|| {
            let mut hash = Md5::new();
            self.0.frames.iter().for_each(|frame| hash.update(frame));
            hash.finalize().into()
        })
    }

    /// A fresh body of all bytes.
    pub(crate) fn body(&self) -> Body {
        match &*self.0.frames {
            [] if self.0.length == 0 => Body::empty(),
            [] => Body::sized(self.0.length, stream::empty()),
            [one] => Body::full(one.clone()),
            _ => {
                let this = self.clone();
                let frames = (0..self.0.frames.len()).map(move |at| Ok(this.0.frames[at].clone()));
                Body::sized(self.len(), stream::iter(frames))
            }
        }
    }

    /// True if `bytes` are exactly these.
    pub(crate) fn same_as(&self, bytes: &[u8]) -> bool {
        let mut rest = bytes;
        for frame in &self.0.frames {
            match rest.strip_prefix(&frame[..]) {
                Some(left) => rest = left,
                None => return false,
            }
        }
        rest.is_empty()
    }
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_payload_can_be_sent_twice_and_knows_its_hashes() {
        let payload = Payload::frames(vec![Bytes::from_static(b"ab"), Bytes::from_static(b"c")]);
        assert_eq!(payload.md5_hex(), "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(payload.sha256(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        for _ in 0..2 {
            assert_eq!(payload.body().collect(10).await.unwrap(), "abc");
        }
        assert!(payload.same_as(b"abc"));
        assert!(!payload.same_as(b"ab"));
        assert!(!payload.same_as(b"abcd"));
        assert_eq!(Payload::of(Bytes::new()).sha256(), hex::encode(Sha256::digest(b"")));
    }

    #[test]
    fn what_is_not_signed_has_a_checksum() {
        let payload = Payload::unsigned(vec![Bytes::from_static(b"1234"), Bytes::from_static(b"56789")]);
        assert_eq!((payload.sha256(), payload.is_signed()), ("UNSIGNED-PAYLOAD", false));
        // The check value of CRC-64/NVME in the catalogue of CRC algorithms: ae8b14860a799888.
        assert_eq!(payload.crc64_base64(), base64(&0xae8b_1486_0a79_9888_u64.to_be_bytes()));
    }
}
