//! Makes a blob of a session: bytes in their place and seen there, link written and read back, only then anything deleted.
//! Every step can be repeated, so a PUT that failed or was cut off can be sent again. Not here: the HTTP of it.

use shakedown_oci::{Digest, Hasher, RepositoryName};
use tokio::time::{Instant, sleep};

use super::{Multipart, Session, Sessions, Target, UploadKeys};
use crate::context::Context;
use crate::defects::{
    complete_200_is_success, digest_not_checked, empty_complete, fail_on_cleanup_error, lost_complete_reply,
    trust_200_copy,
};
use crate::storage::{Kind, Opened, Payload, Storage, StorageError};

/// Copies of one blob that are tried when the destination does not show.
const COPIES: u32 = 3;

/// What came of a commit.
#[derive(Debug)]
pub(crate) enum Committed {
    /// The blob is there and linked.
    Done,
    /// The bytes do not have the digest; the session is as it was (incident D09).
    WrongDigest,
    /// The store has lost the session's parts (incident D18).
    Lost,
}

/// One commit.
pub(crate) struct Commit<'a> {
    pub(crate) sessions: &'a Sessions,
    pub(crate) cx: &'a Context,
    pub(crate) name: &'a RepositoryName,
    pub(crate) keys: &'a UploadKeys,
    pub(crate) digest: &'a Digest,
}

impl Commit<'_> {
    /// Commits a session that holds all bytes; `stored` is what stands in storage.
    pub(crate) async fn run(&self, mut session: Session, stored: Session) -> Result<Committed, StorageError> {
        let known = self.known_digest(&session);
        let unchecked = self.storage().defects().has(&digest_not_checked::DEFECT);
        if known.as_ref().is_some_and(|known| known != self.digest) && !unchecked {
            return Ok(Committed::WrongDigest);
        }
        let placed = if session.has_parts() {
            if !session.sealed {
                self.seal(&mut session, stored).await?;
            }
            self.place_parts(&session, known.is_some()).await?
        } else {
            self.place_tail(&session).await?
        };
        if !matches!(placed, Committed::Done) {
            return Ok(placed);
        }
        self.link().await?;
        self.clean_up(&session).await?;
        Ok(Committed::Done)
    }

    /// Writes the layer link and reads it back (incident A15).
    pub(crate) async fn link(&self) -> Result<(), StorageError> {
        let key = self.sessions.layout().layer_link(self.name, self.digest);
        self.storage().put_link(self.cx, &key, &Payload::of(self.digest.to_string())).await
    }

    /// The digest of the session's bytes under the asked algorithm, where that can be told without reading parts.
    fn known_digest(&self, session: &Session) -> Option<Digest> {
        if session.hasher.algorithm() == self.digest.algorithm() {
            return Some(session.hasher.clone().finish());
        }
        let mut hasher = Hasher::new(self.digest.algorithm());
        session.tail.iter().for_each(|frame| hasher.update(frame));
        (!session.has_parts()).then(|| hasher.finish())
    }

    /// A blob that fits into the tail is one PutObject, an empty one too (incident A12).
    async fn place_tail(&self, session: &Session) -> Result<Committed, StorageError> {
        let key = self.blob_key();
        if session.offset == 0 && self.storage().defects().has(&empty_complete::DEFECT) {
            return empty_complete::place(self.storage(), self.cx, &key).await.map(|()| Committed::Done);
        }
        self.storage().put(self.cx, &key, &Payload::frames(session.tail.clone())).await?;
        Ok(Committed::Done)
    }

    /// Sends the tail as the last part and stores that nothing more is taken: from here on a repeated PUT goes on, it does not start over.
    async fn seal(&self, session: &mut Session, mut stored: Session) -> Result<(), StorageError> {
        let tail = std::mem::take(&mut session.tail);
        if !tail.is_empty() {
            let count = |session: &Session| session.multipart.as_ref().map_or(0, |multipart| multipart.etags.len());
            if count(session) >= count(&stored) {
                self.sessions.set_aside(self.cx, self.keys, &mut stored, session).await?;
            }
        }
        if let Some(multipart) = session.multipart.as_mut().filter(|_| !tail.is_empty()) {
            let number = multipart.next_number();
            let key = self.sessions.part_key(self.keys, &multipart.target);
            let payload = Payload::frames(tail);
            let etag = self.storage().upload_part(self.cx, &key, &multipart.upload, number, &payload).await?;
            multipart.etags.push(etag);
        }
        session.sealed = true;
        self.sessions.save(self.cx, self.keys, session).await
    }

    async fn place_parts(&self, session: &Session, verified: bool) -> Result<Committed, StorageError> {
        let Some(multipart) = &session.multipart else { return Ok(Committed::Lost) };
        let key = self.sessions.part_key(self.keys, &multipart.target);
        if !self.assembled(session, multipart, &key).await? {
            // Somebody may have got further with this session than its object says.
            let blob = self.storage().size(self.cx, &self.blob_key()).await?;
            return Ok(if blob == Some(session.offset) && verified { Committed::Done } else { Committed::Lost });
        }
        if let Target::Blob(_) = multipart.target {
            return Ok(Committed::Done);
        }
        if !verified && self.digest_of(&key).await?.as_ref() != Some(self.digest) {
            return Ok(Committed::WrongDigest);
        }
        self.copy_to_blob(session.offset).await?;
        Ok(Committed::Done)
    }

    /// Completes the upload. Whatever the answer was, the object with the right size is the proof (incidents A10, A11).
    async fn assembled(&self, session: &Session, multipart: &Multipart, key: &str) -> Result<bool, StorageError> {
        let storage = self.storage();
        let answer = storage.complete_upload(self.cx, key, &multipart.upload, &multipart.etags).await;
        let defects = storage.defects();
        match answer {
            Ok(()) if multipart.target == Target::Data || self.believes_complete() => Ok(true),
            Err(error) if defects.has(&lost_complete_reply::DEFECT) => Err(error),
            Ok(()) => match storage.size_soon(self.cx, key, session.offset).await? {
                Some(size) if size == session.offset => Ok(true),
                _ => Err(storage.not_visible(self.cx, key, "a completed upload cannot be seen in its whole size")),
            },
            Err(error) if error.kind() == Kind::UploadGone => {
                Ok(storage.size_soon(self.cx, key, session.offset).await? == Some(session.offset))
            }
            Err(error) if error.kind().waiting_helps() => match storage.size(self.cx, key).await {
                Ok(Some(size)) if size == session.offset => Ok(true),
                _ => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    /// Copies the data to its blob key and looks at it there before it is believed (incidents A13, A14).
    async fn copy_to_blob(&self, size: u64) -> Result<(), StorageError> {
        let (storage, to) = (self.storage(), self.blob_key());
        for _ in 0..COPIES {
            self.copy_once(size, &to).await?;
            if storage.defects().has(&trust_200_copy::DEFECT) || self.believes_complete() {
                return Ok(());
            }
            if storage.size_soon(self.cx, &to, size).await? == Some(size) {
                return Ok(());
            }
        }
        Err(storage.not_visible(
            self.cx,
            &to,
            "a copy was acknowledged, but the destination is not there in its whole size",
        ))
    }

    /// One copy; a source that does not show yet is waited for (incident A09).
    async fn copy_once(&self, size: u64, to: &str) -> Result<(), StorageError> {
        let storage = self.storage();
        let limit = storage.config().copy_limit;
        let until = Instant::now() + storage.retry().patience;
        for look in 1.. {
            let copied = if size > limit {
                storage.copy_in_ranges(self.cx, &self.keys.data, to, size, limit.min(1 << 30)).await
            } else {
                storage.copy(self.cx, &self.keys.data, to).await
            };
            // Another replica may have finished this session and cleaned up its data.
            let absent = copied.as_ref().is_err_and(|error| error.kind() == Kind::Absent);
            if absent && (self.believes_complete() || storage.size(self.cx, to).await? == Some(size)) {
                return Ok(());
            }
            let pause = storage.pause(look, None);
            match copied {
                Err(error) if error.kind() == Kind::Absent && Instant::now() + pause < until => sleep(pause).await,
                Err(error) if error.kind() == Kind::Absent => {
                    return Err(storage.not_visible(
                        self.cx,
                        &self.keys.data,
                        "a completed upload cannot be copied: it is not there",
                    ));
                }
                other => return other,
            }
        }
        Ok(())
    }

    /// Reads the data back to hash it: only for digests of another algorithm than the session was hashed with (incident D15).
    async fn digest_of(&self, key: &str) -> Result<Option<Digest>, StorageError> {
        let Opened::Object(mut object) = self.storage().open(self.cx, key, None).await? else { return Ok(None) };
        let mut hasher = Hasher::new(self.digest.algorithm());
        while let Some(frame) = object.body.next().await {
            match frame {
                Ok(frame) => hasher.update(&frame),
                Err(_) => {
                    return Err(self.storage().not_visible(self.cx, key, "the data broke off while it was verified"));
                }
            }
        }
        Ok(Some(hasher.finish()))
    }

    /// Nothing of a session that is done may fail its commit (incident A16). Generation 0 was never stored.
    async fn clean_up(&self, session: &Session) -> Result<(), StorageError> {
        if session.generation == 0 {
            return Ok(());
        }
        self.sessions.note_closed(self.keys);
        match self.sessions.discard(self.cx, self.keys, session, session.sealed).await {
            Err(error) if self.storage().defects().has(&fail_on_cleanup_error::DEFECT) => Err(error),
            Err(_) => {
                self.cx.warn(
                    "the blob is stored; what is left of its upload session was not deleted and waits for a purge",
                );
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// The defect: what was completed must be there, so a copy that does not find it has nothing to do.
    fn believes_complete(&self) -> bool {
        self.storage().defects().has(&complete_200_is_success::DEFECT)
    }

    fn blob_key(&self) -> String {
        self.sessions.layout().blob(self.digest)
    }

    fn storage(&self) -> &Storage {
        self.sessions.storage()
    }
}
