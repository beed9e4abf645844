//! Takes a request's body into a session: hashes every byte, sends full parts of equal size while reading on, keeps the rest as tail.
//! At most three parts are in memory: one is read, one hashed, one sent. Not here: hashing (`hashing`), and what makes the bytes acknowledged
//! (saving the session).

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use shakedown_wire::{Body, WireError};
use tokio::time::timeout;

use super::frames::Frames;
use super::hashing::{self, Hashed, Hashing, Part};
use super::{Multipart, Session, Sessions, Target, UploadKeys};
use crate::context::Context;
use crate::defects::{parts_without_limit, unequal_parts, waits_for_ever};
use crate::storage::{Kind, StorageError};

/// Largest part we hold in memory.
const LARGEST_PART: u64 = 512 << 20;

/// Why a body was not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReceiveError {
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The client went away or sent less than it announced (incident D12).
    #[error("the request body broke off: {0}")]
    ClientGone(WireError),
    /// The client sent nothing for too long (incident D13).
    #[error("no bytes for {0:?}")]
    Idle(Duration),
    /// More bytes than the session can ever hold (incident A18).
    #[error("the blob is larger than this registry can store")]
    TooLarge,
}

type PartUpload = Pin<Box<dyn Future<Output = Result<String, StorageError>> + Send>>;

/// A session that is being written to.
pub(crate) struct Receive<'a> {
    sessions: &'a Sessions,
    cx: &'a Context,
    keys: &'a UploadKeys,
    /// Changed as bytes arrive; the stored one stays as it is until the caller saves it.
    session: Session,
    /// As it stands in storage.
    stored: Session,
    target: Target,
    /// Bytes that are expected in all, where known.
    total: Option<u64>,
    /// Bytes that are in no part yet; the session's tail meanwhile.
    buffer: Frames,
    /// Bytes at the beginning of the buffer that the session's hash has already.
    known: u64,
    /// The part that follows the one on its way.
    hashing: Option<Hashing>,
    in_flight: Option<PartUpload>,
    /// Numbers of parts up to this one are ours.
    set_aside: usize,
}

impl<'a> Receive<'a> {
    /// `session` is a copy to work on; parts go to `target`; `expected` is the body's announced length.
    pub(crate) fn new(
        sessions: &'a Sessions,
        cx: &'a Context,
        keys: &'a UploadKeys,
        mut session: Session,
        target: Target,
        expected: Option<u64>,
    ) -> Self {
        let total = expected.and_then(|expected| session.offset.checked_add(expected));
        let stored = session.clone();
        let buffer = Frames::from(std::mem::take(&mut session.tail));
        let known = buffer.len();
        Self {
            sessions,
            cx,
            keys,
            stored,
            session,
            target,
            total,
            buffer,
            known,
            hashing: None,
            in_flight: None,
            set_aside: 0,
        }
    }

    /// Reads `body` to its end. The first session then holds its bytes: parts stored, the rest in its tail. The second is what stands in
    /// storage.
    pub(crate) async fn take(mut self, body: &mut Body, idle: Duration) -> Result<(Session, Session), ReceiveError> {
        if self.total.is_some_and(|total| total > self.capacity()) && !self.has_defect_without_limit() {
            return Err(ReceiveError::TooLarge);
        }
        let idle = waits_for_ever::patience(self.sessions.storage().defects(), idle);
        while let Some(frame) = self.next(body, idle).await? {
            self.session.offset += frame.len() as u64;
            self.buffer.push(frame);
            while self.buffer.len() >= unequal_parts::threshold(self.sessions.storage().defects(), self.part_size()) {
                self.send_part(self.part_size()).await?;
            }
        }
        let leftover = unequal_parts::flush(self.sessions.storage().defects(), self.buffer.len());
        if leftover > 0 {
            self.send_part(leftover).await?;
        }
        self.send_hashed().await?;
        self.land().await?;
        self.session.tail = self.buffer.take(u64::MAX);
        hashing::update(&mut self.session.hasher, &self.session.tail, self.known);
        Ok((self.session, self.stored))
    }

    /// The next frame, while the part before it is on its way.
    async fn next(&mut self, body: &mut Body, idle: Duration) -> Result<Option<Bytes>, ReceiveError> {
        loop {
            let frame = async { timeout(idle, body.next()).await };
            let read = match &mut self.in_flight {
                None => frame.await,
                Some(part) => tokio::select! {
                    biased;
                    done = part => {
                        self.in_flight = None;
                        self.stored(done?);
                        continue;
                    }
                    read = frame => read,
                },
            };
            return match read {
                Err(_) => Err(ReceiveError::Idle(idle)),
                Ok(Some(Ok(frame))) => Ok(Some(frame)),
                Ok(end) => {
                    // A stream that has ended must not be asked again by whoever drains refused bodies.
                    *body = Body::empty();
                    end.transpose().map_err(ReceiveError::ClientGone)
                }
            };
        }
    }

    /// Waits for the part on its way.
    async fn land(&mut self) -> Result<(), ReceiveError> {
        if let Some(part) = self.in_flight.take() {
            let etag = part.await?;
            self.stored(etag);
        }
        Ok(())
    }

    fn stored(&mut self, etag: String) {
        if let Some(multipart) = &mut self.session.multipart {
            multipart.etags.push(etag);
        }
    }

    /// Cuts a part off the buffer and hashes it, after the part before it has been sent.
    async fn send_part(&mut self, size: u64) -> Result<(), ReceiveError> {
        self.send_hashed().await?;
        let config = self.sessions.storage().config();
        let frames = self.buffer.take(size);
        let part = Part {
            known: self.known.min(size),
            hasher: self.session.hasher.clone(),
            is_signed: !config.unsigned_parts,
            wants_md5: self.sessions.storage().etags_are_md5(),
            frames,
        };
        self.known -= part.known;
        if config.hash_threads {
            self.hashing = Some(part.on_a_thread());
            return Ok(());
        }
        self.send(part.hash()).await
    }

    async fn send_hashed(&mut self) -> Result<(), ReceiveError> {
        match self.hashing.take() {
            Some(hashing) => self.send(hashing.done().await).await,
            None => Ok(()),
        }
    }

    /// Sends a part once the part before it is stored.
    async fn send(&mut self, Hashed { hasher, payload }: Hashed) -> Result<(), ReceiveError> {
        self.session.hasher = hasher;
        self.land().await?;
        let (sessions, keys) = (self.sessions, self.keys);
        let multipart = self.opened().await?;
        let number = multipart.next_number();
        let upload = multipart.upload.clone();
        let key = sessions.part_key(keys, &multipart.target);
        if number > self.sessions.storage().config().max_parts && !self.has_defect_without_limit() {
            return Err(ReceiveError::TooLarge);
        }
        let (storage, cx) = (self.sessions.storage().clone(), self.cx.clone());
        self.in_flight = Some(Box::pin(async move { storage.upload_part(&cx, &key, &upload, number, &payload).await }));
        Ok(())
    }

    /// The multipart upload with a number for the next part. It is made when the first part is full. Its id is stored at once, so that nobody
    /// ever has to search for it (incidents A01-A06) and a purge can give it up.
    async fn opened(&mut self) -> Result<&Multipart, ReceiveError> {
        let is_new = self.session.multipart.is_none();
        if is_new {
            let part_size = self.part_size();
            let key = self.sessions.part_key(self.keys, &self.target);
            let upload = self.sessions.storage().create_upload(self.cx, &key).await?;
            let multipart = Multipart { target: self.target.clone(), upload, part_size, etags: Vec::new() };
            self.stored.multipart = Some(multipart.clone());
            self.session.multipart = Some(multipart);
        }
        let used = self.session.multipart.as_ref().map_or(0, |multipart| multipart.etags.len());
        if used >= self.set_aside {
            let set_aside = self.sessions.set_aside(self.cx, self.keys, &mut self.stored, &mut self.session).await;
            if let (Err(error), Some(multipart), true) = (&set_aside, &self.session.multipart, is_new)
                && error.kind() == Kind::Conflict
            {
                let key = self.sessions.part_key(self.keys, &self.target);
                // Nobody else knows this upload; a purge finds what cannot be removed now.
                let _ = self.sessions.storage().abort_upload(self.cx, &key, &multipart.upload).await;
            }
            set_aside?;
            self.set_aside = self.stored.multipart.as_ref().map_or(0, |multipart| multipart.etags.len());
        }
        self.session.multipart.as_ref().ok_or(ReceiveError::TooLarge)
    }

    /// Fixed once the upload is open; before that it grows with what is announced (incident A18).
    fn part_size(&self) -> u64 {
        if let Some(multipart) = &self.session.multipart {
            return multipart.part_size;
        }
        let config = self.sessions.storage().config();
        let needed = self.total.unwrap_or(0).div_ceil(u64::from(config.max_parts.max(1)));
        if self.has_defect_without_limit() { config.part_size } else { config.part_size.max(needed).min(LARGEST_PART) }
    }

    fn capacity(&self) -> u64 {
        self.part_size().saturating_mul(u64::from(self.sessions.storage().config().max_parts))
    }

    fn has_defect_without_limit(&self) -> bool {
        self.sessions.storage().defects().has(&parts_without_limit::DEFECT)
    }
}
