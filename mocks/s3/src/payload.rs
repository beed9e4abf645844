//! The body of a request as a stream that verifies itself: framing, length, payload hash, Content-MD5, checksums.
//! Whoever stores it commits only after [`Payload::finish`].

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use md5::Md5;
use sha2::{Digest as _, Sha256};
use shakedown_wire::Body;

use crate::auth::Verified;
use crate::checksum::{self, Algorithm, Hasher};
use crate::chunked::{ChunkDecoder, Framing};
use crate::error::{Code, S3Error};

/// The SHA-256 of nothing.
const NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// A request's body on its way in. The default is the body that was already taken: it is empty.
#[derive(Default)]
pub(crate) struct Payload {
    body: Body,
    pending: Bytes,
    /// In a box, as the checksum: few requests have one, and a payload moves through many futures.
    decoder: Option<Box<ChunkDecoder>>,
    /// Bytes of data that were announced.
    declared: Option<u64>,
    received: u64,
    sha256: Option<(Sha256, String)>,
    md5: Option<Md5>,
    content_md5: Option<[u8; 16]>,
    checksum: Option<Box<Check>>,
}

struct Check {
    algorithm: Algorithm,
    hasher: Hasher,
    expected: Option<String>,
}

/// What is known of a body that was read to its end and held what it promised.
#[derive(Debug, Default)]
pub(crate) struct Digests {
    /// The MD5, if it was computed.
    pub(crate) md5: Option<[u8; 16]>,
    /// The additional checksum.
    pub(crate) checksum: Option<(Algorithm, String)>,
}

impl Payload {
    /// Reads the head's promises about the body.
    pub(crate) fn new(body: Body, headers: &HeaderMap, verified: Verified) -> Result<Self, S3Error> {
        let (framing, sha256) = plan(verified.payload_hash.as_deref())?;
        let decoder = framing.map(|framing| Box::new(ChunkDecoder::new(framing, verified.chunks)));
        let content_md5 = checksum::content_md5(headers)?;
        let number =
            |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
        let declared = match &decoder {
            Some(_) => Some(number("x-amz-decoded-content-length").ok_or(Code::MissingContentLength)?),
            None => number("content-length").or(body.length()),
        };
        let promised = checksum::promised(headers)?;
        if decoder.is_none() && matches!(promised, Some((_, None))) {
            return Err(Code::MalformedTrailerError.into());
        }
        let check = |(algorithm, expected)| Box::new(Check { algorithm, hasher: Hasher::new(algorithm), expected });
        let checksum = promised.map(check);
        Ok(Self {
            body,
            pending: Bytes::new(),
            decoder,
            declared,
            received: 0,
            sha256: sha256.map(|expected| (Sha256::new(), expected)),
            md5: content_md5.map(|_| Md5::new()),
            content_md5,
            checksum,
        })
    }

    /// A body that promises nothing; its MD5 is computed.
    pub(crate) fn trusted(body: Body) -> Self {
        Self { declared: body.length(), body, md5: Some(Md5::new()), ..Self::default() }
    }

    /// The announced length of the data.
    pub(crate) fn declared(&self) -> Option<u64> {
        self.declared
    }

    /// True if the head carries a digest of the body that S3 verifies (not the payload hash).
    pub(crate) fn has_checksum(&self) -> bool {
        self.content_md5.is_some() || self.checksum.is_some()
    }

    /// True if nothing came and nothing else was promised.
    pub(crate) fn is_nothing(&self) -> bool {
        let hashed = self.sha256.as_ref().is_some_and(|(_, expected)| expected != NOTHING);
        let promised = self.decoder.is_some() || hashed || self.has_checksum();
        !promised && self.declared.is_none_or(|length| length == 0) && http_body::Body::is_end_stream(&self.body)
    }

    /// Has the MD5 computed.
    pub(crate) fn want_md5(&mut self) {
        self.md5.get_or_insert_default();
    }

    /// The next data; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, S3Error> {
        loop {
            if let Some(decoder) = &mut self.decoder {
                if let Some(data) = decoder.decode(&mut self.pending)? {
                    return self.seen(data).map(Some);
                }
            } else if !self.pending.is_empty() {
                let data = std::mem::take(&mut self.pending);
                return self.seen(data).map(Some);
            }
            match self.body.next().await {
                Some(Ok(frame)) => self.pending = frame,
                // The client went away or sent less than it said; whoever still listens gets S3's word for it.
                Some(Err(_)) => return Err(Code::IncompleteBody.into()),
                None => return Ok(None),
            }
        }
    }

    fn seen(&mut self, data: Bytes) -> Result<Bytes, S3Error> {
        self.received += data.len() as u64;
        if self.declared.is_some_and(|declared| self.received > declared) {
            return Err(Code::IncompleteBody.into());
        }
        if let Some((hash, _)) = &mut self.sha256 {
            hash.update(&data);
        }
        if let Some(hash) = &mut self.md5 {
            hash.update(&data);
        }
        if let Some(check) = &mut self.checksum {
            check.hasher.update(&data);
        }
        Ok(data)
    }

    /// Compares everything that was promised. To be called after `next` gave `None`.
    pub(crate) fn finish(self) -> Result<Digests, S3Error> {
        if self.declared.is_some_and(|declared| self.received != declared) {
            return Err(Code::IncompleteBody.into());
        }
        let trailers = self.decoder.map(|decoder| decoder.finish()).transpose()?.unwrap_or_default();
        if let Some((hash, expected)) = self.sha256 {
            let computed = hex::encode(hash.finalize());
            if computed != expected {
                return Err(S3Error::from(Code::XAmzContentSHA256Mismatch)
                    .with("ClientComputedContentSHA256", expected)
                    .with("S3ComputedContentSHA256", computed));
            }
        }
        let md5: Option<[u8; 16]> = self.md5.map(|hash| hash.finalize().into());
        if let (Some(expected), Some(computed)) = (self.content_md5, md5)
            && expected != computed
        {
            return Err(checksum::md5_mismatch(expected, computed));
        }
        let checksum = self.checksum.map(|check| check.finish(&trailers)).transpose()?;
        Ok(Digests { md5, checksum })
    }

    /// The whole body, for small documents.
    pub(crate) async fn collect(mut self, limit: usize) -> Result<Bytes, S3Error> {
        let mut all = BytesMut::new();
        while let Some(data) = self.next().await? {
            if all.len() + data.len() > limit {
                return Err(S3Error::from(Code::MaxMessageLengthExceeded).with("MaxMessageLengthBytes", limit));
            }
            all.extend_from_slice(&data);
        }
        self.finish()?;
        Ok(all.freeze())
    }
}

impl Check {
    fn finish(self, trailers: &[(String, String)]) -> Result<(Algorithm, String), S3Error> {
        let name = self.algorithm.header();
        let expected = match self.expected {
            Some(expected) => expected,
            None => {
                let sent = trailers.iter().find(|(other, _)| other == name).ok_or(Code::MalformedTrailerError)?;
                checksum::checked(self.algorithm, &sent.1)?
            }
        };
        if self.hasher.finish() == expected {
            Ok((self.algorithm, expected))
        } else {
            Err(checksum::mismatch(self.algorithm))
        }
    }
}

/// What `x-amz-content-sha256` says: a framing, a hash in hex, or nothing to verify.
fn plan(value: Option<&str>) -> Result<(Option<Framing>, Option<String>), S3Error> {
    let framing = |signed, trailer| Ok((Some(Framing { signed, trailer }), None));
    match value {
        None | Some("UNSIGNED-PAYLOAD") => Ok((None, None)),
        Some("STREAMING-AWS4-HMAC-SHA256-PAYLOAD") => framing(true, false),
        Some("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER") => framing(true, true),
        Some("STREAMING-UNSIGNED-PAYLOAD-TRAILER") => framing(false, true),
        Some(text) if text.starts_with("STREAMING-") => Err(Code::NotImplemented.into()),
        Some(text) if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            Ok((None, Some(text.to_ascii_lowercase())))
        }
        Some(text) => {
            let message = "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD or a valid sha256 value.";
            Err(S3Error::argument("x-amz-content-sha256", text, message))
        }
    }
}
