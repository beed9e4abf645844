//! Records every exchange that passes a lane, while it passes: nothing is buffered, nothing is delayed.
//! Not here: what an exchange is (`exchange`) and what must not be written (`redact`; applied to whatever leaves this module).

mod body;
mod entry;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use crate::redact::Redactor;
use crate::{Body, Clock, Exchange, Lane, Party, Request, Response, WireError};
use body::{RecordedBody, Side};
use entry::Entry;

/// Keeps the exchanges of any number of lanes in one order. Clones share them.
#[derive(Clone)]
pub struct Recorder(Arc<Shared>);

struct Shared {
    clock: Clock,
    limit: usize,
    digests: AtomicBool,
    log: Mutex<Log>,
    redactor: RwLock<Redactor>,
}

#[derive(Default)]
struct Log {
    next: u64,
    kept: VecDeque<Arc<Entry>>,
    dropped: u64,
}

impl Recorder {
    /// Keeps at most `limit` exchanges; those beyond pass unrecorded and are counted. Times are of `clock`.
    pub fn new(clock: Clock, limit: usize) -> Self {
        let digests = AtomicBool::new(true);
        Self(Arc::new(Shared { clock, limit, digests, log: Mutex::default(), redactor: RwLock::default() }))
    }

    /// The same recorder, computing no SHA-256: for load runs, where hashing would be what is measured.
    #[must_use]
    pub fn without_digests(self) -> Self {
        self.0.digests.store(false, Ordering::Relaxed);
        self
    }

    /// `party`, with every exchange recorded on `lane`. Puts [`Annotations`](crate::Annotations) into the extensions of each request.
    pub fn layer(&self, lane: Lane, party: Party) -> Party {
        let recorder = self.clone();
        Party::from_fn(move |request| {
            let (recorder, lane, party) = (recorder.clone(), lane.clone(), party.clone());
            async move { recorder.pass(lane, party, request).await }
        })
    }

    /// All that is kept, in order of their start; those that still run have no end.
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.since(0)
    }

    /// Those with this number or a later one.
    pub fn since(&self, seq: u64) -> Vec<Exchange> {
        let entries: Vec<_> = self.log().kept.iter().filter(|entry| entry.seq >= seq).cloned().collect();
        let redactor = self.0.redactor.read().unwrap_or_else(PoisonError::into_inner);
        entries.iter().map(|entry| entry.exchange(&redactor)).collect()
    }

    /// The number that the next exchange will have: what happens from now on is [`Recorder::since`] this.
    pub fn next_seq(&self) -> u64 {
        self.log().next
    }

    /// How many passed unrecorded because the limit was reached.
    pub fn dropped(&self) -> u64 {
        self.log().dropped
    }

    /// Forgets everything kept. Numbers go on, so that [`Recorder::since`] stays true.
    pub fn clear(&self) {
        let mut log = self.log();
        log.kept.clear();
        log.dropped = 0;
    }

    /// Registers a value that is replaced wherever it appears, also in what was recorded already.
    pub fn secret(&self, value: &str) {
        self.0.redactor.write().unwrap_or_else(PoisonError::into_inner).add(value);
    }

    /// What this recorder knows to be secret, for other texts of the same run.
    pub fn redactor(&self) -> Redactor {
        self.0.redactor.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.0.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new entry, unless the limit is reached.
    fn start(&self, lane: Lane, request: &Request) -> Option<Arc<Entry>> {
        let start_us = micros(&self.0.clock);
        let mut log = self.log();
        if log.kept.len() >= self.0.limit {
            log.dropped += 1;
            return None;
        }
        let entry = Arc::new(Entry::new(log.next, lane, start_us, request));
        log.next += 1;
        log.kept.push_back(entry.clone());
        Some(entry)
    }

    async fn pass(&self, lane: Lane, party: Party, request: Request) -> Result<Response, WireError> {
        let Some(entry) = self.start(lane, &request) else { return party.send(request).await };
        let is_head = request.method() == http::Method::HEAD;
        let mut request = request.map(|body| self.watch(&entry, Side::Request, body));
        request.extensions_mut().insert(entry.annotations.clone());
        let mut call = Call { entry: &entry, recorder: self, answered: false };
        let outcome = party.send(request).await;
        call.answered = true;
        match outcome {
            Err(error) => {
                entry.failed(error.to_string());
                self.ended(&entry);
                Err(error)
            }
            Ok(response) => {
                entry.answered(&response);
                if is_head
                    || matches!(response.status().as_u16(), 204 | 304)
                    || http_body::Body::is_end_stream(response.body())
                {
                    entry.body_ended(Side::Response, true, None);
                    self.ended(&entry);
                    return Ok(response);
                }
                Ok(response.map(|body| self.watch(&entry, Side::Response, body)))
            }
        }
    }

    fn watch(&self, entry: &Arc<Entry>, side: Side, body: Body) -> Body {
        if http_body::Body::is_end_stream(&body) {
            entry.body_ended(side, true, None);
            return body;
        }
        let digests = self.0.digests.load(Ordering::Relaxed);
        let length = body.length();
        let recorded = Body::new(RecordedBody::new(body, entry.clone(), side, self.clone(), digests));
        recorded.with_length(length)
    }

    /// The exchange is over: sets its end and says so in the log.
    fn ended(&self, entry: &Entry) {
        entry.end(micros(&self.0.clock));
        if tracing::enabled!(target: "shakedown::exchange", tracing::Level::DEBUG) {
            let exchange = entry.exchange(&self.0.redactor.read().unwrap_or_else(PoisonError::into_inner));
            let status = exchange.response.as_ref().map(|response| response.status);
            let us = exchange.end_us.unwrap_or_default() - exchange.start_us;
            tracing::debug!(target: "shakedown::exchange", from = exchange.lane.from, to = exchange.lane.to,
                method = exchange.request.method, uri = exchange.request.uri, status, error = exchange.error, us);
        }
    }
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let log = self.log();
        f.debug_struct("Recorder").field("kept", &log.kept.len()).field("dropped", &log.dropped).finish_non_exhaustive()
    }
}

/// Notices that a call was dropped before it was answered.
struct Call<'a> {
    entry: &'a Entry,
    recorder: &'a Recorder,
    answered: bool,
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        if !self.answered {
            self.entry.failed("the client left".into());
            self.recorder.ended(self.entry);
        }
    }
}

fn micros(clock: &Clock) -> u64 {
    u64::try_from(clock.elapsed().as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
