//! A reverse proxy with the habits of real ones: see [`GatewaySettings`]. Everything is streamed both ways unless a setting buffers it.
//! What it does to an exchange it notes on it. Not here: single misdeeds (faults `on: gateway`, carried out by `shakedown-inject`).

mod answer;
mod cache;
pub mod profiles;
mod request;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::uri::Authority;
use http::{Method, StatusCode, Uri};
use shakedown_faults::gateway::TrailingSlash;
use shakedown_faults::{Fault, FaultSet, GatewaySettings, On};
use shakedown_inject::Injector;
use shakedown_wire::{Clock, Party, Request, Response, WireError};

use cache::Cache;
use request::Incoming;

use crate::passing::{Notes, drain};

/// A gateway. Clones share its caches and its turn among the upstreams.
#[derive(Debug, Clone)]
pub struct Gateway(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: GatewaySettings,
    /// `host:port` of what stands behind it; each request goes to the next one in turn.
    upstreams: Vec<Authority>,
    turn: AtomicUsize,
    network: Party,
    cache: Cache,
}

impl Gateway {
    /// Before `upstreams` (at least one), reached by http over `network`.
    pub fn new(settings: GatewaySettings, upstreams: Vec<Authority>, network: Party, clock: Clock) -> Self {
        assert!(!upstreams.is_empty(), "a gateway stands before something");
        Self(Arc::new(Inner { settings, upstreams, turn: AtomicUsize::new(0), network, cache: Cache::new(clock) }))
    }

    /// The gateway as a party that also has these faults (`on: gateway`).
    pub fn faulty(&self, faults: Vec<Fault>, seed: u64, clock: Clock) -> Party {
        Injector::new(FaultSet::new(faults, seed), On::Gateway, clock).layer(self.party())
    }

    /// The gateway as a party.
    pub fn party(&self) -> Party {
        let gateway = self.clone();
        Party::from_fn(move |request| {
            let gateway = gateway.clone();
            async move { gateway.0.pass(request).await }
        })
    }
}

/// Reads the address of what stands behind a gateway.
///
/// # Errors
/// A sentence: it is not `http://HOST:PORT`.
pub fn upstream(url: &str) -> Result<Authority, String> {
    let uri: Uri = url.parse().map_err(|_| "not a URL".to_owned())?;
    if uri.scheme_str() != Some("http") {
        return Err("write http://HOST:PORT; what stands behind a gateway is reached by http".to_owned());
    }
    if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
        return Err("the paths of requests are passed on as they are; write http://HOST:PORT".to_owned());
    }
    uri.authority().cloned().ok_or_else(|| "it names no host".to_owned())
}

impl Inner {
    /// One exchange from end to end.
    async fn pass(&self, request: Request) -> Result<Response, WireError> {
        let notes = Notes::of(&request);
        let incoming = Incoming::of(&request);
        let (method, key) = (incoming.method.clone(), incoming.key.clone());
        if let Some(answer) = self.by_itself(&request, &incoming, &notes) {
            drain(request).await?;
            return Ok(answer);
        }
        let sent = match request::prepare(&self.settings, self.next_upstream(), request, &incoming, &notes).await? {
            request::Prepared::Answer(answer) => return Ok(answer),
            request::Prepared::Send(sent) => sent,
        };
        let over_limit = sent.over_limit.clone();
        let outcome = self.network.send(sent.request).await;
        if over_limit.is_set() {
            notes.add("refused the body in the middle: it is over the limit");
            return Ok(answer::page(&self.settings, StatusCode::PAYLOAD_TOO_LARGE, &method));
        }
        let response = match outcome {
            Ok(response) => response,
            Err(error) => {
                let status = match error {
                    WireError::Timeout { .. } => StatusCode::GATEWAY_TIMEOUT,
                    _ => StatusCode::BAD_GATEWAY,
                };
                notes.add(&format!("no answer from behind: {error}"));
                return Ok(answer::page(&self.settings, status, &method));
            }
        };
        let response = answer::finish(&self.settings, &incoming, response, &notes).await;
        Ok(self.cache.keep(&self.settings, &method, &key, response))
    }

    /// What it answers without asking anybody.
    fn by_itself(&self, request: &Request, incoming: &Incoming, notes: &Notes) -> Option<Response> {
        let settings = &self.settings;
        if settings.tls && request.uri().scheme_str() == Some("http") {
            notes.add("answered itself: plain http on a port of https");
            return Some(answer::plain_http(settings, &incoming.method));
        }
        let path = request.uri().path();
        if settings.trailing_slash == TrailingSlash::Redirected
            && path.len() > 1
            && path.ends_with('/')
            && path != "/v2/"
        {
            notes.add("answered itself: redirected to the path without its last slash");
            return Some(answer::moved(settings, path.trim_end_matches('/'), request.uri().query()));
        }
        let limit = settings.body_limit.map_or(u64::MAX, |limit| limit.0);
        if let Some(length) = incoming.length.filter(|length| *length > limit) {
            notes.add(&format!("answered itself: a body of {length} bytes is over the limit of {limit}"));
            return Some(answer::page(settings, StatusCode::PAYLOAD_TOO_LARGE, &incoming.method));
        }
        let cached = self.cache.answer(&incoming.method, &incoming.key)?;
        notes.add("answered itself: from its cache");
        Some(cached)
    }

    fn next_upstream(&self) -> &Authority {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        &self.upstreams[turn % self.upstreams.len()]
    }
}

/// True for methods whose answers can be cached.
fn is_read(method: &Method) -> bool {
    *method == Method::GET || *method == Method::HEAD
}
