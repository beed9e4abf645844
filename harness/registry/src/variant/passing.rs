//! A request on its way through a layer, and what the layer remembers of earlier ones.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use http::{Method, header};
use shakedown_wire::{Body, Party, Request, WireError};
use tokio::time::Instant;

use super::{Answer, Asked};

/// What is remembered: texts by key with the time they were noted, and a count. It goes with the instance.
#[derive(Default)]
pub(crate) struct Memory {
    notes: Mutex<BTreeMap<String, (Instant, String)>>,
    count: AtomicU64,
    owed: AtomicU64,
}

impl Memory {
    /// Notes a text; gives the one that stood there.
    pub(crate) fn note(&self, key: &str, text: &str) -> Option<String> {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        notes.insert(key.to_owned(), (Instant::now(), text.to_owned())).map(|(_, text)| text)
    }

    /// A noted text and when it was noted.
    pub(crate) fn noted(&self, key: &str) -> Option<(Instant, String)> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    /// Counts one more; gives the count before.
    pub(crate) fn enter(&self) -> u64 {
        self.count.fetch_add(1, Ordering::Relaxed)
    }

    /// Adds to what is owed; gives what is due of it now, whole pieces only.
    pub(crate) fn owe(&self, more: u64, piece: u64) -> u64 {
        let rest = |owed: u64| Some((owed + more) % piece);
        // The closure always gives a value, so the update cannot fail.
        let owed = self.owed.fetch_update(Ordering::Relaxed, Ordering::Relaxed, rest).unwrap_or_else(|owed| owed);
        (owed + more) / piece * piece
    }

    /// Counts one less.
    pub(crate) fn leave(&self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A request that has not been answered yet.
pub(crate) struct Passing {
    pub(crate) asked: Asked,
    pub(crate) body: Body,
    pub(crate) memory: Arc<Memory>,
    party: Party,
}

impl Passing {
    pub(super) fn new(request: Request, party: Party, memory: Arc<Memory>) -> Self {
        let (head, body) = request.into_parts();
        let asked = Asked::new(head, body.length());
        Self { asked, body, memory, party }
    }

    /// The reference's answer.
    pub(crate) async fn on(self) -> Result<Answer, WireError> {
        let request = Request::from_parts(self.asked.head, self.body);
        Answer::of(self.party.send(request).await?).await
    }

    /// The same party, for questions beside this one.
    pub(crate) fn beside(&self) -> Beside {
        Beside { asked: self.asked.clone(), party: self.party.clone() }
    }
}

/// The reference behind a layer, for questions of the layer's own.
pub(crate) struct Beside {
    asked: Asked,
    party: Party,
}

impl Beside {
    /// The reference's answer to a request without a body.
    pub(crate) async fn ask(&self, method: Method, target: &str) -> Result<Answer, WireError> {
        let mut other = self.asked.clone();
        other.head.method = method;
        let authorization = other.head.headers.remove(header::AUTHORIZATION);
        other.head.headers.clear();
        other.head.headers.extend(authorization.map(|value| (header::AUTHORIZATION, value)));
        other.ask_for(target);
        Answer::of(self.party.send(Request::from_parts(other.head, Body::empty())).await?).await
    }
}
