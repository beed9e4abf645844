//! What the gateway keeps of answers: 404s (negative caching), and heads of what was read. Bounded; what does not fit is not kept.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::header::{AGE, CACHE_CONTROL, CONTENT_LENGTH};
use http::{HeaderMap, Method, StatusCode};
use shakedown_faults::GatewaySettings;
use shakedown_wire::{Body, Clock, Response};

use super::is_read;

/// Most answers that are kept.
const ENTRIES: usize = 1000;

/// Kept heads, by host, path and query. Bodies are not kept: those of a 404 are of no use to anybody.
#[derive(Debug)]
pub(super) struct Cache {
    clock: Clock,
    kept: Mutex<BTreeMap<String, Kept>>,
}

#[derive(Debug)]
struct Kept {
    since: Duration,
    until: Duration,
    status: StatusCode,
    headers: HeaderMap,
}

impl Cache {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, kept: Mutex::default() }
    }

    /// A kept answer, if there is a fresh one.
    pub(super) fn answer(&self, method: &Method, key: &str) -> Option<Response> {
        if !is_read(method) {
            return None;
        }
        let now = self.clock.elapsed();
        let mut kept = self.kept();
        if kept.get(key).is_some_and(|entry| entry.until <= now) {
            kept.remove(key);
        }
        let entry = kept.get(key).filter(|entry| entry.status == StatusCode::NOT_FOUND || *method == Method::HEAD)?;
        let mut response = Response::new(Body::empty());
        *response.status_mut() = entry.status;
        *response.headers_mut() = entry.headers.clone();
        response.headers_mut().remove(CONTENT_LENGTH);
        response.headers_mut().insert(AGE, (now - entry.since).as_secs().into());
        Some(response)
    }

    /// Keeps what the settings and `Cache-Control` allow of an answer.
    pub(super) fn keep(&self, settings: &GatewaySettings, method: &Method, key: &str, response: Response) -> Response {
        let time = match response.status() {
            StatusCode::NOT_FOUND if is_read(method) => settings.negative_cache,
            StatusCode::OK if *method == Method::GET => settings.head_cache,
            _ => None,
        };
        let forbidden = response.headers().get_all(CACHE_CONTROL).iter().any(|value| {
            let value = value.to_str().unwrap_or_default().to_ascii_lowercase();
            ["no-store", "no-cache", "private"].iter().any(|word| value.contains(word))
        });
        let mut kept = self.kept();
        if let Some(time) = time.filter(|_| !forbidden && kept.len() < ENTRIES) {
            let (status, headers) = (response.status(), response.headers().clone());
            let since = self.clock.elapsed();
            kept.insert(key.to_owned(), Kept { since, until: since + time.0, status, headers });
        }
        response
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<String, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
