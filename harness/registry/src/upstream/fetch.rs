//! The transfer of one blob: from the upstream into storage, and to the client that asked first while it is stored. It goes on when that
//! client leaves. The client's last bytes are held back until the blob is stored under its digest, so a blob that is cut or wrong ends in a
//! broken connection, never in a whole answer. In memory: the parts of an upload, and a few frames of a client that reads slowly.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use shakedown_oci::{Digest, RepositoryName};
use shakedown_wire::{Body, WireError};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::flights::Lead;
use super::{IDLE, Trouble};
use crate::context::Context;
use crate::defects::error_inside_body;
use crate::life::guard::Claim;
use crate::registry::App;
use crate::storage::StorageError;
use crate::uploads::{Commit, Committed, Receive, ReceiveError, Session, Target};

/// Frames that wait for a client.
const FRAMES: usize = 8;
/// How long a client may take nothing before the others are not held up by it any longer.
const SLOW: Duration = Duration::from_secs(10);

/// The transfer has begun.
pub(crate) enum Begun {
    /// The client's share: bytes as they come.
    Streamed(Body),
    /// There is nothing to see before it has landed.
    Unseen,
}

/// One transfer.
pub(crate) struct Fetch {
    pub(crate) app: Arc<App>,
    pub(crate) cx: Context,
    pub(crate) name: RepositoryName,
    pub(crate) digest: Digest,
    /// Blobs larger than this are streamed to who asked first; smaller ones are verified before anything is answered.
    pub(crate) streamed_above: Option<u64>,
}

impl Fetch {
    /// Begins it in a task of its own; gives what the client gets, once that is known.
    pub(crate) async fn begin(self, lead: Lead) -> Result<Begun, Trouble> {
        let (begun, begins) = oneshot::channel();
        tokio::spawn(async move {
            let mut begun = Some(begun);
            let result = self.run(&mut begun).await;
            lead.land(result.clone());
            if let Some(begun) = begun {
                // The client may have left.
                let _ = begun.send(result.map(|()| Begun::Unseen));
            }
        });
        begins.await.unwrap_or_else(|_| Err(Trouble::failed("the transfer was given up")))
    }

    async fn run(&self, begun: &mut Option<oneshot::Sender<Result<Begun, Trouble>>>) -> Result<(), Trouble> {
        let Some(upstream) = &self.app.upstream else { return Err(Trouble::Absent) };
        let (body, length) = upstream.blob(&self.cx, &self.name, &self.digest).await?;
        let streamed = length.filter(|length| self.streamed_above.is_some_and(|limit| *length > limit));
        let Some(length) = streamed else { return self.store(body, length).await };
        let (tee, share) = Tee::new(length);
        if let Some(begun) = begun.take() {
            let _ = begun.send(Ok(Begun::Streamed(share)));
        }
        let result = self.store(tee.clone().on(body), Some(length)).await;
        tee.end(&result, error_inside_body::words(&self.app.config.defects)).await;
        result
    }

    /// Stores and links what comes, if it has the digest; else nothing is left of it.
    async fn store(&self, body: Body, length: Option<u64>) -> Result<(), Trouble> {
        let (app, cx) = (&*self.app, &self.cx);
        let keys = app.sessions.keys(&self.name, &app.upload_id());
        let mut session = Session::new(String::new(), self.digest.algorithm());
        if length.is_none_or(|length| length >= app.config.storage.part_size) {
            app.sessions.save(cx, &keys, &mut session).await.map_err(|error| self.lost(&error))?;
        }
        let begun = session.generation > 0;
        let result = self.take(body, length, &keys, session).await;
        if result.is_err()
            && begun
            && let Ok(Some(session)) = app.sessions.load(cx, &keys, None).await
        {
            // A purge finds what cannot be removed now.
            let _ = app.sessions.discard(cx, &keys, &session, false).await;
        }
        if let Err(trouble) = &result {
            cx.warn(&format!("upstream: a blob was not taken: {trouble}"));
        }
        result
    }

    async fn take(
        &self,
        mut body: Body,
        length: Option<u64>,
        keys: &crate::uploads::UploadKeys,
        session: Session,
    ) -> Result<(), Trouble> {
        let (app, cx) = (&*self.app, &self.cx);
        let target = Target::Blob(self.digest.clone());
        let receive = Receive::new(&app.sessions, cx, keys, session, target, length);
        let (session, stored) = receive.take(&mut body, IDLE).await.map_err(|error| match error {
            ReceiveError::Storage(error) => self.lost(&error),
            ReceiveError::Idle(_) => Trouble::Silent,
            error => Trouble::failed(error.to_string()),
        })?;
        if length.is_some_and(|length| length != session.offset) {
            return Err(Trouble::failed("its blob is not as long as it said"));
        }
        let admitted = app.guard.admit(app, cx, &self.name, &[Claim::Blob(&self.digest)]).await;
        admitted.map_err(|_| Trouble::Storage)?;
        let commit = Commit { sessions: &app.sessions, cx, name: &self.name, keys, digest: &self.digest };
        match commit.run(session, stored).await.map_err(|error| self.lost(&error))? {
            Committed::Done => Ok(()),
            Committed::WrongDigest => Err(Trouble::failed("its blob does not have its digest")),
            Committed::Lost => Err(Trouble::Storage),
        }
    }

    fn lost(&self, error: &StorageError) -> Trouble {
        self.cx.warn(&error.to_string());
        Trouble::Storage
    }
}

/// Passes what is stored on to one client, the last frame later.
#[derive(Clone)]
struct Tee(Arc<Mutex<Share>>);

struct Share {
    to: Option<mpsc::Sender<Result<Bytes, WireError>>>,
    held: Option<Bytes>,
}

impl Tee {
    /// A tee of `length` bytes, and the body that the client gets.
    fn new(length: u64) -> (Self, Body) {
        let (to, from) = mpsc::channel::<Result<Bytes, WireError>>(FRAMES);
        let frames = stream::unfold(Some((from, length)), |state| async move {
            let (mut from, left) = state?;
            match from.recv().await {
                Some(Ok(frame)) => {
                    let left = left.saturating_sub(frame.len() as u64);
                    Some((Ok(frame), Some((from, left))))
                }
                Some(Err(error)) => Some((Err(error), None)),
                None if left == 0 => None,
                // Too slow, or the transfer was given up.
                None => Some((Err(WireError::Closed), None)),
            }
        });
        (Self(Arc::new(Mutex::new(Share { to: Some(to), held: None }))), Body::sized(length, frames))
    }

    /// `body`, with the client's share taken from it.
    fn on(self, body: Body) -> Body {
        Body::stream(stream::unfold(Some((self, body)), |state| async move {
            let (tee, mut body) = state?;
            match body.next().await? {
                Ok(frame) => {
                    tee.push(frame.clone()).await;
                    Some((Ok(frame), Some((tee, body))))
                }
                Err(error) => Some((Err(error), None)),
            }
        }))
    }

    async fn push(&self, frame: Bytes) {
        let (to, held) = {
            let mut share = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            (share.to.clone(), share.held.replace(frame))
        };
        let (Some(to), Some(held)) = (to, held) else { return };
        if !matches!(timeout(SLOW, to.send(Ok(held))).await, Ok(Ok(()))) {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).to = None;
        }
    }

    /// The last frame, if all is well; else a broken connection, or, as a defect has it, `words` behind the bytes.
    async fn end(self, result: &Result<(), Trouble>, words: Option<Bytes>) {
        let (to, held) = {
            let mut share = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            (share.to.take(), share.held.take())
        };
        let last = match (result, words) {
            (Ok(()), _) => held.map(Ok),
            (Err(_), Some(words)) => Some(Ok(words)),
            (Err(_), None) => Some(Err(WireError::Closed)),
        };
        if let (Some(to), Some(last)) = (to, last) {
            // Too slow until the end: its connection breaks.
            let _ = timeout(SLOW, to.send(last)).await;
        }
    }
}
