//! A request body that can be sent again: reference-counted frames with their hashes (incident J01: a retry must not send a spent body).

use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use md5::{Digest as _, Md5};
use sha2::Sha256;
use shakedown_wire::Body;

const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Bytes to send, hashed once.
#[derive(Clone)]
pub(crate) struct Payload {
    frames: Arc<[Bytes]>,
    length: u64,
    sha256: String,
    md5: [u8; 16],
}

impl Payload {
    /// No body.
    pub(crate) fn none() -> Self {
        // The MD5 of no bytes is never sent: calls without a body carry no Content-MD5, and empty objects are made by `of`.
        Self { frames: Arc::new([]), length: 0, sha256: EMPTY_SHA256.to_owned(), md5: [0; 16] }
    }

    /// One frame.
    pub(crate) fn of(bytes: impl Into<Bytes>) -> Self {
        Self::frames(vec![bytes.into()])
    }

    /// Several frames, not copied.
    pub(crate) fn frames(frames: Vec<Bytes>) -> Self {
        let (mut sha256, mut md5, mut length) = (Sha256::new(), Md5::new(), 0);
        for frame in &frames {
            sha256.update(frame);
            md5.update(frame);
            length += frame.len() as u64;
        }
        Self { frames: frames.into(), length, sha256: hex::encode(sha256.finalize()), md5: md5.finalize().into() }
    }

    pub(crate) fn len(&self) -> u64 {
        self.length
    }

    /// Lower-case hex, for `x-amz-content-sha256`.
    pub(crate) fn sha256(&self) -> &str {
        &self.sha256
    }

    /// For `Content-MD5`.
    pub(crate) fn md5_base64(&self) -> String {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(self.md5)
    }

    /// What a plain store's ETag must be.
    pub(crate) fn md5_hex(&self) -> String {
        hex::encode(self.md5)
    }

    /// A fresh body of all bytes.
    pub(crate) fn body(&self) -> Body {
        match &*self.frames {
            [] => Body::empty(),
            [one] => Body::full(one.clone()),
            _ => {
                let frames = self.frames.clone();
                Body::sized(self.length, stream::iter((0..frames.len()).map(move |at| Ok(frames[at].clone()))))
            }
        }
    }

    /// True if `bytes` are exactly these.
    pub(crate) fn same_as(&self, bytes: &[u8]) -> bool {
        let mut rest = bytes;
        for frame in self.frames.iter() {
            match rest.strip_prefix(&frame[..]) {
                Some(left) => rest = left,
                None => return false,
            }
        }
        rest.is_empty()
    }
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
        assert_eq!(Payload::of(Bytes::new()).sha256(), Payload::none().sha256());
    }
}
