//! Finds, writes and forgets session objects; keeps two requests of one session apart within this process.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use shakedown_oci::RepositoryName;
use tokio::sync::OwnedMutexGuard;
use tokio::time::{Instant, sleep};

use super::{Hint, Session, Target};
use crate::context::Context;
use crate::defects::{find_upload_by_listing, one_page_of_parts, session_not_retried, session_overwritten};
use crate::layout::Layout;
use crate::locks::KeyLocks;
use crate::storage::{Kind, Payload, Storage, StorageError};

/// The largest session object: the largest tail and its head.
const LARGEST: usize = 600 << 20;
/// Numbers of parts that are set aside at one time.
const SET_ASIDE: usize = 64;
/// Sessions closed by this process that are remembered.
const CLOSED_KEPT: usize = 4096;

/// Keys of one session.
#[derive(Debug, Clone)]
pub(crate) struct UploadKeys {
    pub(crate) id: String,
    pub(crate) session: String,
    pub(crate) data: String,
}

/// All sessions.
#[derive(Clone)]
pub(crate) struct Sessions(Arc<Shared>);

struct Shared {
    storage: Storage,
    layout: Layout,
    locks: KeyLocks,
    closed: Mutex<Closed>,
}

#[derive(Default)]
struct Closed {
    order: VecDeque<String>,
    ids: BTreeSet<String>,
}

impl Sessions {
    pub(crate) fn new(storage: Storage, layout: Layout) -> Self {
        Self(Arc::new(Shared { storage, layout, locks: KeyLocks::default(), closed: Mutex::default() }))
    }

    pub(crate) fn storage(&self) -> &Storage {
        &self.0.storage
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.0.layout
    }

    pub(crate) fn keys(&self, name: &RepositoryName, id: &str) -> UploadKeys {
        UploadKeys {
            id: id.to_owned(),
            session: self.0.layout.session(name, id),
            data: self.0.layout.upload_data(name, id),
        }
    }

    /// Waits until no other request of this process works on the session (incidents D11, A23).
    pub(crate) async fn lock(&self, keys: &UploadKeys) -> OwnedMutexGuard<()> {
        self.0.locks.lock(&keys.session).await
    }

    /// The session, at least as new as `hint` says; `None` if there is none. `patient`: a session that must be there by a young hint
    /// is looked for again until the store has had time to show it (incident A07).
    pub(crate) async fn load(
        &self,
        cx: &Context,
        keys: &UploadKeys,
        hint: Option<Hint>,
    ) -> Result<Option<Session>, StorageError> {
        if self.is_closed(&keys.session) {
            return Ok(None);
        }
        let storage = &self.0.storage;
        let now = storage.clock().now();
        let patience = hint.map_or(Duration::ZERO, |hint| storage.retry().patience.saturating_sub(hint.age(now)));
        let impatient = storage.defects().has(&session_not_retried::DEFECT);
        let until = Instant::now() + if impatient { Duration::ZERO } else { patience };
        for look in 1.. {
            let found = self.read(cx, keys).await?;
            let stale =
                found.as_ref().is_some_and(|session| hint.is_some_and(|hint| session.generation < hint.generation));
            if found.is_some() && (!stale || impatient) {
                return self.as_defects_have_it(cx, keys, found).await;
            }
            let pause = storage.pause(look, None);
            if Instant::now() + pause > until {
                return self.not_there(cx, keys, hint.filter(|_| stale));
            }
            sleep(pause).await;
        }
        Ok(None)
    }

    /// An absent session is unknown. One that reads older than what was acknowledged is a wrong answer of the store, for a while.
    fn not_there(&self, cx: &Context, keys: &UploadKeys, stale: Option<Hint>) -> Result<Option<Session>, StorageError> {
        let storage = &self.0.storage;
        match stale {
            Some(hint) if hint.age(storage.clock().now()) < 24 * storage.retry().patience => {
                Err(storage.not_visible(cx, &keys.session, "the session object reads older than what was acknowledged"))
            }
            _ => Ok(None),
        }
    }

    /// One look. A broken object is tried again; one that really stands so in the store is a lost session.
    async fn read(&self, cx: &Context, keys: &UploadKeys) -> Result<Option<Session>, StorageError> {
        let storage = &self.0.storage;
        for attempt in 1..=storage.retry().attempts {
            let Some(object) = storage.get(cx, &keys.session, LARGEST).await? else { return Ok(None) };
            match Session::decode(&object.bytes) {
                Ok(session) => return Ok(Some(Session { etag: object.etag, ..session })),
                Err(error) if object.is_as_stored() => {
                    cx.warn(&format!("an upload session is lost: {error}, and the store vouches for these bytes"));
                    return Ok(None);
                }
                Err(_) => sleep(storage.pause(attempt, None)).await,
            }
        }
        Err(storage.not_visible(cx, &keys.session, "what is read in place of the session object is something else"))
    }

    async fn as_defects_have_it(
        &self,
        cx: &Context,
        keys: &UploadKeys,
        found: Option<Session>,
    ) -> Result<Option<Session>, StorageError> {
        let Some(mut session) = found else { return Ok(None) };
        find_upload_by_listing::after_load(&self.0.storage, cx, keys, &mut session).await?;
        one_page_of_parts::after_load(&self.0.storage, cx, keys, &mut session).await?;
        Ok(Some(session))
    }

    /// Writes the session with the next generation; durable when this returns. [`Kind::Conflict`] if another replica has changed or ended
    /// it since it was loaded: of two requests at the same time one wins (incident D11).
    pub(crate) async fn save(
        &self,
        cx: &Context,
        keys: &UploadKeys,
        session: &mut Session,
    ) -> Result<(), StorageError> {
        session.generation += 1;
        let now = self.0.storage.clock().now().duration_since(std::time::SystemTime::UNIX_EPOCH);
        session.touched_at_secs = now.ok().map(|since| since.as_secs());
        session.writer.clone_from(&cx.correlation);
        let (storage, payload) = (&self.0.storage, session.encode());
        let known = session.etag.take().filter(|_| !storage.defects().has(&session_overwritten::DEFECT));
        session.etag = match storage.replace(cx, &keys.session, &payload, known.as_deref()).await {
            Err(error) if error.kind() == Kind::Conflict => {
                self.after_conflict(cx, keys, session.generation, &payload, error).await?
            }
            other => other?,
        };
        Ok(())
    }

    /// Sets numbers of parts aside for one request, after those that `working` uses already, before it sends the first of them: two requests
    /// at two replicas never write one part, so that the one that loses takes nothing from the one that wins (incident D11).
    pub(crate) async fn set_aside(
        &self,
        cx: &Context,
        keys: &UploadKeys,
        stored: &mut Session,
        working: &mut Session,
    ) -> Result<(), StorageError> {
        let (Some(known), Some(multipart)) = (&mut stored.multipart, &mut working.multipart) else { return Ok(()) };
        let limit = usize::try_from(self.0.storage.config().max_parts).unwrap_or(usize::MAX);
        if multipart.etags.len() >= limit {
            // Many requests broke off: rather race than refuse.
            multipart.forget_unused();
        }
        let wanted = (multipart.etags.len() + SET_ASIDE).min(limit);
        known.etags.resize(wanted.max(multipart.etags.len()), String::new());
        self.save(cx, keys, stored).await?;
        working.generation = stored.generation;
        working.etag.clone_from(&stored.etag);
        Ok(())
    }

    /// A refused write may have been ours, sent a second time because its answer was lost; and a store whose ETags do not hold still
    /// refuses for nothing.
    async fn after_conflict(
        &self,
        cx: &Context,
        keys: &UploadKeys,
        generation: u64,
        payload: &Payload,
        conflict: StorageError,
    ) -> Result<Option<String>, StorageError> {
        let Some(found) = self.0.storage.get(cx, &keys.session, LARGEST).await? else { return Err(conflict) };
        if payload.same_as(&found.bytes) {
            return Ok(found.etag);
        }
        match Session::decode(&found.bytes) {
            Ok(unchanged) if unchanged.generation + 1 == generation => {
                self.0.storage.replace(cx, &keys.session, payload, None).await
            }
            _ => Err(conflict),
        }
    }

    /// Removes what is left of a session: gives up its multipart upload unless that was `completed`, deletes its objects.
    pub(crate) async fn discard(
        &self,
        cx: &Context,
        keys: &UploadKeys,
        session: &Session,
        completed: bool,
    ) -> Result<(), StorageError> {
        if let Some(multipart) = session.multipart.as_ref().filter(|_| !completed) {
            self.0.storage.abort_upload(cx, &self.part_key(keys, &multipart.target), &multipart.upload).await?;
        }
        let mut garbage = vec![keys.session.clone()];
        if session.sealed && session.multipart.as_ref().is_some_and(|multipart| multipart.target == Target::Data) {
            garbage.push(keys.data.clone());
        }
        self.0.storage.delete(cx, &garbage).await?;
        self.note_closed(keys);
        Ok(())
    }

    /// The key that the parts of an upload go to.
    pub(crate) fn part_key(&self, keys: &UploadKeys, target: &Target) -> String {
        match target {
            Target::Data => keys.data.clone(),
            Target::Blob(digest) => self.0.layout.blob(digest),
        }
    }

    /// Remembers that a session is over, so that nobody here waits for it to become visible.
    pub(crate) fn note_closed(&self, keys: &UploadKeys) {
        let key = &keys.session;
        let mut closed = self.0.closed.lock().unwrap_or_else(PoisonError::into_inner);
        if closed.ids.insert(key.clone()) {
            closed.order.push_back(key.clone());
        }
        while closed.order.len() > CLOSED_KEPT {
            if let Some(oldest) = closed.order.pop_front() {
                closed.ids.remove(&oldest);
            }
        }
    }

    fn is_closed(&self, key: &str) -> bool {
        self.0.closed.lock().unwrap_or_else(PoisonError::into_inner).ids.contains(key)
    }
}

impl Storage {
    /// The error for what was acknowledged and cannot be read.
    pub(crate) fn not_visible(&self, cx: &Context, key: &str, what: &str) -> StorageError {
        self.read_trouble(cx, key, Kind::NotVisible, what)
    }
}
