//! A descriptor cache as a server of its own: GET and PUT of small texts by path, with all that goes wrong with one (incidents G01-G03):
//! it is emptied, it is gone, it hangs. Not here: what a registry keeps in it and believes of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::{Method, StatusCode};
use shakedown_wire::{Body, Party, Request, Response, WireError};
use tokio::time::Instant;

/// Largest value that is kept.
const VALUE_LIMIT: usize = 64 << 10;
/// Entries kept; more are refused.
const ENTRIES: usize = 100_000;

/// The cache. Clones share everything.
#[derive(Debug, Clone, Default)]
pub struct DescriptorCache(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    entries: BTreeMap<String, bytes::Bytes>,
    is_gone: bool,
    hangs_until: Option<Instant>,
}

impl DescriptorCache {
    /// An empty one that works.
    pub fn new() -> Self {
        Self::default()
    }

    /// Its HTTP side: `GET /KEY` (200 or 404) and `PUT /KEY` (204).
    pub fn party(&self) -> Party {
        let cache = self.clone();
        Party::from_fn(move |request| {
            let cache = cache.clone();
            async move { cache.handle(request).await }
        })
    }

    /// Forgets everything.
    pub fn flush(&self) {
        self.state().entries.clear();
    }

    /// Connections are lost from now on, and what it knew is forgotten.
    pub fn stop(&self) {
        let mut state = self.state();
        state.entries.clear();
        state.is_gone = true;
    }

    /// It is there again, empty.
    pub fn start(&self) {
        self.state().is_gone = false;
    }

    /// Whatever is asked meanwhile is answered after this time.
    pub fn hang(&self, time: Duration) {
        self.state().hangs_until = Some(Instant::now() + time);
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.state().entries.len()
    }

    /// True if it knows nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn handle(&self, request: Request) -> Result<Response, WireError> {
        let until = self.state().hangs_until;
        if let Some(until) = until {
            tokio::time::sleep_until(until).await;
        }
        if self.state().is_gone {
            return Err(WireError::Closed);
        }
        let (head, body) = request.into_parts();
        let key = head.uri.path().to_owned();
        let (status, bytes) = match head.method {
            Method::GET => match self.state().entries.get(&key) {
                Some(value) => (StatusCode::OK, value.clone()),
                None => (StatusCode::NOT_FOUND, bytes::Bytes::new()),
            },
            Method::PUT => (self.put(key, body.collect(VALUE_LIMIT).await?), bytes::Bytes::new()),
            _ => (StatusCode::METHOD_NOT_ALLOWED, bytes::Bytes::new()),
        };
        let mut answer = http::Response::new(Body::full(bytes));
        *answer.status_mut() = status;
        Ok(answer)
    }

    fn put(&self, key: String, value: bytes::Bytes) -> StatusCode {
        let mut state = self.state();
        if state.entries.len() >= ENTRIES && !state.entries.contains_key(&key) {
            return StatusCode::INSUFFICIENT_STORAGE;
        }
        state.entries.insert(key, value);
        StatusCode::NO_CONTENT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn ask(cache: &DescriptorCache, method: &str, body: &'static str) -> Result<(u16, bytes::Bytes), WireError> {
        let request =
            http::Request::builder().method(method).uri("http://cache.test/a").body(Body::full(body)).unwrap();
        let answer = cache.party().send(request).await?;
        let status = answer.status().as_u16();
        Ok((status, answer.into_body().collect(100).await?))
    }

    #[tokio::test(start_paused = true)]
    async fn it_remembers_forgets_hangs_and_goes() {
        let cache = DescriptorCache::new();
        assert_eq!(ask(&cache, "GET", "").await.unwrap().0, 404);
        assert_eq!(ask(&cache, "PUT", "12").await.unwrap().0, 204);
        assert_eq!(ask(&cache, "GET", "").await.unwrap(), (200, "12".into()));
        cache.flush();
        assert_eq!(ask(&cache, "GET", "").await.unwrap().0, 404);
        cache.hang(Duration::from_secs(30));
        let began = Instant::now();
        ask(&cache, "PUT", "13").await.unwrap();
        assert_eq!(began.elapsed(), Duration::from_secs(30));
        cache.stop();
        assert_eq!(ask(&cache, "GET", "").await.unwrap_err(), WireError::Closed);
        cache.start();
        assert!(cache.is_empty(), "a server that was gone knows nothing");
        assert_eq!(ask(&cache, "DELETE", "").await.unwrap().0, 405);
    }
}
