//! The session object: one line with its checksum, one line of JSON, then the bytes that fill no part yet.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use shakedown_oci::{Algorithm, Digest, Hasher};

use crate::storage::Payload;

const MAGIC: &str = "shakedown-upload/1 ";

/// Where a multipart upload leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Target {
    /// To the session's data; copied to the blob at the end.
    Data,
    /// Straight to the blob, whose digest was known before its first byte.
    Blob(Digest),
}

/// A multipart upload of the session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Multipart {
    pub(crate) target: Target,
    pub(crate) upload: String,
    /// Size of every part but the last (incident A19).
    pub(crate) part_size: u64,
    /// ETags of the parts stored, from part 1. Empty: the number was set aside for a request that did not use it, or does so only now.
    pub(crate) etags: Vec<String>,
}

impl Multipart {
    /// The number after all that are used or set aside, from 1.
    pub(crate) fn next_number(&self) -> u32 {
        u32::try_from(self.etags.len() + 1).unwrap_or(u32::MAX)
    }

    /// Gives back numbers that were set aside and not used.
    pub(crate) fn forget_unused(&mut self) {
        while self.etags.pop_if(|etag| etag.is_empty()).is_some() {}
    }
}

/// One upload session.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    /// Grows with every write of the object.
    pub(crate) generation: u64,
    /// The request that wrote it last: two writes of two requests are never equal byte for byte.
    pub(crate) writer: String,
    /// ETag of the object as it was read or written last; not a part of it.
    pub(crate) etag: Option<String>,
    /// RFC 3339.
    pub(crate) started_at: String,
    /// When the object was written, in seconds since 1970; not known of objects that an older version wrote.
    pub(crate) touched_at_secs: Option<u64>,
    /// Acknowledged bytes.
    pub(crate) offset: u64,
    /// Length of the last chunk.
    pub(crate) last_chunk: Option<u64>,
    /// The hash over them.
    pub(crate) hasher: Hasher,
    pub(crate) multipart: Option<Multipart>,
    /// All parts are stored and no more bytes are taken; only the blob has to be put in its place.
    pub(crate) sealed: bool,
    /// The last acknowledged bytes, which fill no part yet.
    pub(crate) tail: Vec<Bytes>,
}

/// Why bytes are not a session.
#[derive(Debug, thiserror::Error)]
#[error("not a session object: {0}")]
pub(crate) struct SessionError(&'static str);

#[derive(Serialize, Deserialize)]
struct Head {
    generation: u64,
    #[serde(default)]
    writer: String,
    started_at: String,
    #[serde(default)]
    touched_at_secs: Option<u64>,
    offset: u64,
    #[serde(default)]
    last_chunk: Option<u64>,
    hash: String,
    tail: usize,
    multipart: Option<Multipart>,
    sealed: bool,
}

impl Session {
    pub(crate) fn new(started_at: String, algorithm: Algorithm) -> Self {
        Self {
            generation: 0,
            writer: String::new(),
            etag: None,
            started_at,
            touched_at_secs: None,
            offset: 0,
            last_chunk: None,
            hasher: Hasher::new(algorithm),
            multipart: None,
            sealed: false,
            tail: Vec::new(),
        }
    }

    /// Since when nothing has come.
    pub(crate) fn idle(&self, now: SystemTime) -> Option<Duration> {
        let touched = SystemTime::UNIX_EPOCH + Duration::from_secs(self.touched_at_secs?);
        Some(now.duration_since(touched).unwrap_or_default())
    }

    pub(crate) fn tail_len(&self) -> u64 {
        self.tail.iter().map(|frame| frame.len() as u64).sum()
    }

    /// Bytes that lie in parts.
    pub(crate) fn has_parts(&self) -> bool {
        self.multipart.as_ref().is_some_and(|multipart| multipart.etags.iter().any(|etag| !etag.is_empty()))
    }

    /// The object's bytes.
    pub(crate) fn encode(&self) -> Payload {
        let tail = usize::try_from(self.tail_len()).unwrap_or(usize::MAX);
        let head = Head {
            generation: self.generation,
            writer: self.writer.clone(),
            started_at: self.started_at.clone(),
            touched_at_secs: self.touched_at_secs,
            offset: self.offset,
            last_chunk: self.last_chunk,
            hash: STANDARD.encode(self.hasher.save()),
            tail,
            multipart: self.multipart.clone(),
            sealed: self.sealed,
        };
        // Numbers, texts and lists of texts always serialise.
        let mut json = serde_json::to_vec(&head).unwrap_or_default();
        json.push(b'\n');
        let mut sum = Sha256::new();
        sum.update(&json);
        self.tail.iter().for_each(|frame| sum.update(frame));
        let mut frames = vec![Bytes::from(format!("{MAGIC}{}\n", hex::encode(sum.finalize()))), Bytes::from(json)];
        frames.extend(self.tail.iter().cloned());
        Payload::frames(frames)
    }

    /// Reads an object back; a flipped bit anywhere is an error, not a wrong digest for the client later.
    pub(crate) fn decode(bytes: &Bytes) -> Result<Self, SessionError> {
        let line = |from: usize| bytes[from..].iter().position(|byte| *byte == b'\n').map(|at| from + at);
        let sum_end = line(0).ok_or(SessionError("no first line"))?;
        let sum = bytes[..sum_end].strip_prefix(MAGIC.as_bytes()).ok_or(SessionError("another first line"))?;
        if hex::encode(Sha256::digest(&bytes[sum_end + 1..])).as_bytes() != sum {
            return Err(SessionError("the checksum does not match"));
        }
        let head_end = line(sum_end + 1).ok_or(SessionError("no head"))?;
        let head: Head =
            serde_json::from_slice(&bytes[sum_end + 1..head_end]).map_err(|_| SessionError("the head is not JSON"))?;
        let tail = bytes.slice(head_end + 1..);
        if tail.len() != head.tail {
            return Err(SessionError("the tail has another length"));
        }
        let saved = STANDARD.decode(&head.hash).map_err(|_| SessionError("the hash state is not base64"))?;
        let hasher = Hasher::restore(&saved).map_err(|_| SessionError("the hash state cannot be restored"))?;
        Ok(Self {
            generation: head.generation,
            writer: head.writer,
            etag: None,
            started_at: head.started_at,
            touched_at_secs: head.touched_at_secs,
            offset: head.offset,
            last_chunk: head.last_chunk,
            hasher,
            multipart: head.multipart,
            sealed: head.sealed,
            tail: if tail.is_empty() { Vec::new() } else { vec![tail] },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bytes_of(payload: &Payload) -> Bytes {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(payload.body().collect(1 << 20)).unwrap()
    }

    proptest! {
        #[test]
        fn a_session_survives_storage_and_any_flipped_byte_is_noticed(
            tail in proptest::collection::vec(any::<u8>(), 0..300),
            parts in 0_u64..4,
            flip in any::<proptest::sample::Index>(),
        ) {
            let mut session = Session::new("2026-01-01T00:00:00Z".into(), Algorithm::Sha256);
            session.hasher.update(&tail);
            session.generation = 7;
            session.offset = parts * 1000 + tail.len() as u64;
            session.tail = vec![Bytes::from(tail.clone())];
            session.multipart = (parts > 0).then(|| Multipart {
                target: Target::Data, upload: "id".into(), part_size: 1000, etags: vec!["e".into(); usize::try_from(parts).unwrap()],
            });
            let stored = bytes_of(&session.encode());
            let back = Session::decode(&stored).unwrap();
            prop_assert_eq!(back.generation, 7);
            prop_assert_eq!(back.offset, session.offset);
            prop_assert_eq!(back.multipart, session.multipart);
            prop_assert_eq!(back.tail.concat(), tail);
            prop_assert_eq!(back.hasher.finish(), session.hasher.finish());
            let mut broken = stored.to_vec();
            let at = flip.index(broken.len());
            broken[at] ^= 0x20;
            prop_assert!(Session::decode(&broken.into()).is_err());
        }

        #[test]
        fn no_bytes_make_it_panic_even_with_the_right_checksum(
            head in r#"\{("(generation|offset|tail|last_chunk|hash|sealed|multipart|started_at)":(-?[0-9]{1,20}|true|null|"[A-Za-z0-9+/=]{0,40}"|\{\}),?){0,9}\}|.{0,40}"#,
            tail in proptest::collection::vec(any::<u8>(), 0..20),
        ) {
            let rest = [head.as_bytes(), b"\n", &tail].concat();
            let whole = [format!("{MAGIC}{}\n", hex::encode(Sha256::digest(&rest))).as_bytes(), &rest].concat();
            let _ = Session::decode(&rest.into());
            let _ = Session::decode(&whole.into());
        }
    }
}
