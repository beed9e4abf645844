//! The way to one endpoint: a bounded queue and the task that empties it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use shakedown_wire::{Body, Party};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};

use super::{Endpoint, NotificationCounts};
use crate::context::Context;

/// The type of the envelope.
const EVENTS: &str = "application/vnd.docker.distribution.events.v1+json";
/// Bytes of an answer that are read, so that the connection can be used again.
const ANSWER: usize = 64 << 10;

pub(super) struct Lane {
    shared: Arc<Shared>,
    queue: mpsc::Sender<Bytes>,
    /// Until the task has begun.
    waiting: Mutex<Option<mpsc::Receiver<Bytes>>>,
    task: Mutex<Option<AbortHandle>>,
}

struct Shared {
    endpoint: Endpoint,
    party: Party,
    delivered: AtomicU64,
    failed: AtomicU64,
    dropped: AtomicU64,
}

impl Lane {
    pub(super) fn new(endpoint: Endpoint, party: Party) -> Self {
        let (queue, waiting) = mpsc::channel(endpoint.queue.max(1));
        let [delivered, failed, dropped] = Default::default();
        let shared = Arc::new(Shared { endpoint, party, delivered, failed, dropped });
        Self { shared, queue, waiting: Mutex::new(Some(waiting)), task: Mutex::default() }
    }

    /// Leaves the event for the task. Never waits: without room it is dropped.
    pub(super) fn enqueue(&self, cx: &Context, event: Bytes) {
        self.begin();
        if self.queue.try_send(event).is_err() {
            let dropped = self.shared.dropped.fetch_add(1, Ordering::Relaxed) + 1;
            let name = &self.shared.endpoint.name;
            cx.warn(&format!("notifications: the queue of {name} is full; an event is dropped ({dropped} so far)"));
        }
    }

    /// Waits until the endpoint has taken it, or has failed as often as its threshold says.
    pub(super) async fn deliver(&self, cx: &Context, event: &Bytes) {
        for _ in 0..self.shared.endpoint.threshold.max(1) {
            if self.shared.post(event).await.is_ok() {
                return;
            }
        }
        cx.warn(&format!("notifications: {} was waited for in vain", self.shared.endpoint.name));
    }

    pub(super) fn counts(&self) -> NotificationCounts {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let Shared { endpoint, delivered, failed, dropped, .. } = &*self.shared;
        let (delivered, failed, dropped) = (load(delivered), load(failed), load(dropped));
        NotificationCounts { endpoint: endpoint.name.clone(), delivered, failed, dropped }
    }

    /// The task begins with the first event: before it there may be no runtime.
    fn begin(&self) {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(waiting) = waiting {
            let task = tokio::spawn(work(self.shared.clone(), waiting)).abort_handle();
            *self.task.lock().unwrap_or_else(PoisonError::into_inner) = Some(task);
        }
    }
}

/// A registry that is gone tells nobody anything.
impl Drop for Lane {
    fn drop(&mut self) {
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        task.iter().for_each(AbortHandle::abort);
    }
}

/// Delivers in order, each event until it is taken or was tried as often as is allowed: one that nobody ever takes must not stand before the
/// others for ever.
async fn work(shared: Arc<Shared>, mut waiting: mpsc::Receiver<Bytes>) {
    let Endpoint { name, threshold, backoff, tries, .. } = &shared.endpoint;
    while let Some(event) = waiting.recv().await {
        let mut failures: u32 = 0;
        while let Err(reason) = shared.post(&event).await {
            failures = failures.saturating_add(1);
            tracing::warn!(endpoint = %name, failures, "a notification was not taken: {reason}");
            if failures >= *tries {
                let dropped = shared.dropped.fetch_add(1, Ordering::Relaxed) + 1;
                tracing::warn!(endpoint = %name, dropped, "an event is given up after {failures} tries");
                break;
            }
            if failures.is_multiple_of((*threshold).max(1)) {
                sleep(*backoff).await;
            }
        }
    }
}

impl Shared {
    /// One try.
    async fn post(&self, event: &Bytes) -> Result<(), String> {
        let request = http::Request::post(&self.endpoint.url).header(CONTENT_TYPE, EVENTS);
        let request = request.body(Body::full(event.clone())).map_err(|error| error.to_string())?;
        let trying = async {
            let answer = self.party.send(request).await.map_err(|error| error.to_string())?;
            let status = answer.status();
            // What stands in it is of no interest.
            let _ = answer.into_body().collect(ANSWER).await;
            // A redirect is not followed: whoever moved should be told of in the configuration.
            if status.is_success() { Ok(()) } else { Err(format!("answered {status}")) }
        };
        let tried =
            timeout(self.endpoint.timeout, trying).await.unwrap_or_else(|_| Err("no answer in time".to_owned()));
        let counter = if tried.is_ok() { &self.delivered } else { &self.failed };
        counter.fetch_add(1, Ordering::Relaxed);
        tried
    }
}
