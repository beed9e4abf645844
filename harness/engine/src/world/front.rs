//! The way of a client's calls: recorded by whom they reach.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use shakedown_wire::{Exchange, Lane, Party, Recorder, TRACE_HEADER, TraceId};

use crate::expect::calls::is_presigned;

/// Ids from here on are given to calls of clients that are not ours.
const FOREIGN: u64 = 1 << 63;

/// `party` as the client calls it: recorded by whom it talks to; `front` is the party at `registry`.
pub(super) fn recorded(
    recorder: &Recorder,
    (front, registry): (&str, &str),
    tokens: Option<&str>,
    party: Party,
) -> Party {
    let to_registry = recorder.layer(Lane::new("client", front), party.clone());
    let to_tokens = recorder.layer(Lane::new("client", "token"), party.clone());
    let to_storage = recorder.layer(Lane::new("client", "s3"), party);
    let (registry, tokens) = (registry.to_owned(), tokens.map(str::to_owned));
    Party::from_fn(move |request: shakedown_wire::Request| {
        let party = match request.uri().authority().map(http::uri::Authority::as_str) {
            Some(authority) if authority == registry => to_registry.clone(),
            authority if authority.is_some() && authority == tokens.as_deref() => to_tokens.clone(),
            _ => to_storage.clone(),
        };
        async move { party.send(request).await }
    })
}

/// Gives an id to each call that comes without one, so that the storage calls it causes can be told: programs know nothing of ids.
#[derive(Debug, Clone)]
pub(super) struct Foreigners(Arc<AtomicU64>);

impl Default for Foreigners {
    fn default() -> Self {
        Self(Arc::new(AtomicU64::new(FOREIGN)))
    }
}

impl Foreigners {
    /// `party`, as somebody calls it through a socket.
    pub(super) fn party(&self, party: Party) -> Party {
        let next = self.0.clone();
        Party::from_fn(move |mut request: shakedown_wire::Request| {
            if TraceId::from_headers(request.headers()).is_none() {
                let id = TraceId(next.fetch_add(1, Ordering::Relaxed));
                request.headers_mut().insert(TRACE_HEADER, id.to_header());
            }
            let party = party.clone();
            async move { party.send(request).await }
        })
    }
}

/// True if a client that is not ours made it, at `front` or at the token server.
pub(super) fn is_foreign(call: &Exchange, front: &str) -> bool {
    call.trace.is_some_and(|id| id.0 >= FOREIGN) && (call.lane.to == front || call.lane.to == "token")
}

/// What such a client sent: the id was ours.
pub(super) fn as_sent(mut call: Exchange) -> Exchange {
    call.request.headers.retain(|(name, _)| !name.eq_ignore_ascii_case(TRACE_HEADER));
    call
}

/// Calls to the storage that a client which is not ours was redirected to make.
pub(super) fn redirected(back: &[Exchange]) -> impl Iterator<Item = Exchange> {
    let own = back.iter().filter(|call| call.trace.is_none() && is_presigned(call));
    own.map(|call| Exchange { lane: Lane::new("client", "s3"), s3: None, faults: Vec::new(), ..call.clone() })
}

/// Calls in order of their start.
pub(super) fn by_start(mut calls: Vec<Exchange>) -> Vec<Exchange> {
    calls.sort_by_key(|call| (call.start_us, call.seq));
    calls
}
