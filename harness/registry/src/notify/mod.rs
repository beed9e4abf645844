//! Notifications: what was pushed, pulled and deleted is told to whoever wants to know, in distribution's envelope (incident J05).
//! <https://distribution.github.io/distribution/about/notifications/>
//!
//! No request waits for an endpoint: each has a bounded queue and a task of its own. What does not fit is dropped, and what was tried
//! too often is given up, counted and said; what is in a queue when the process ends is lost. Not here: who reads them.

mod event;
mod lane;

use std::time::Duration;

use bytes::Bytes;
use http::Uri;
use shakedown_wire::{Party, Response};

use self::lane::Lane;
use crate::api::{Ask, Route};
use crate::context::Context;
use crate::defects::{DefectSet, notifies_in_request};
use crate::registry::App;

/// Somebody who wants to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Its name in logs.
    pub name: String,
    /// Where events are posted.
    pub url: Uri,
    /// How long one try may take.
    pub timeout: Duration,
    /// After so many failures in a row it is left alone for a while.
    pub threshold: u32,
    /// How long it is left alone then.
    pub backoff: Duration,
    /// After so many tries an event is given up, and the next one has its turn.
    pub tries: u32,
    /// Events that wait for it at most; further ones are dropped.
    pub queue: usize,
}

impl Endpoint {
    /// An endpoint with the patience that distribution's documentation shows, and room for 1000 events. Each is tried 1000 times: that is three
    /// minutes with one that refuses, and twelve with one that is silent.
    pub fn new(name: impl Into<String>, url: Uri) -> Self {
        let (timeout, backoff) = (Duration::from_millis(500), Duration::from_secs(1));
        Self { name: name.into(), url, timeout, threshold: 5, backoff, tries: 1000, queue: 1000 }
    }
}

/// Whom to tell, and how they are reached.
#[derive(Debug, Clone, Default)]
pub struct Notifications {
    /// Nobody if empty.
    pub endpoints: Vec<Endpoint>,
    /// The way to them; that to the storage if absent.
    pub through: Option<Party>,
}

/// What became of the events for one endpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NotificationCounts {
    /// The endpoint's name.
    pub endpoint: String,
    /// Events that it has taken.
    pub delivered: u64,
    /// Tries that failed.
    pub failed: u64,
    /// Events for which there was no room, or that were given up.
    pub dropped: u64,
}

/// Tells every endpoint.
pub(crate) struct Notifier(Vec<Lane>);

impl Notifier {
    /// Nothing is sent and no task runs before the first event.
    pub(crate) fn new(config: &Notifications, storage: &Party) -> Self {
        let party = config.through.as_ref().unwrap_or(storage);
        Self(config.endpoints.iter().map(|endpoint| Lane::new(endpoint.clone(), party.clone())).collect())
    }

    /// The event of an answer, if there is one and somebody wants to know.
    pub(crate) fn event(&self, app: &App, ask: &Ask, route: &Route, response: &Response) -> Option<Bytes> {
        if self.0.is_empty() { None } else { event::of(app, ask, route, response) }
    }

    /// Tells it. Waits for nobody, but for the defect that does.
    pub(crate) async fn tell(&self, defects: &DefectSet, cx: &Context, event: Bytes) {
        for lane in &self.0 {
            if defects.has(&notifies_in_request::DEFECT) {
                lane.deliver(cx, &event).await;
            } else {
                lane.enqueue(cx, event.clone());
            }
        }
    }

    /// What became of all events so far.
    pub(crate) fn counts(&self) -> Vec<NotificationCounts> {
        self.0.iter().map(Lane::counts).collect()
    }
}
