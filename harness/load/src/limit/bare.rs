//! The bare loop: a connection for each worker, hyper on it, requests made of text, and nothing that looks at an answer but at its status and
//! length. What the load generator costs is what is missing here.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Uri};
use shakedown_reports::bench::Round;
use shakedown_wire::WireError;
use shakedown_wire::network::Bare;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::file::LoadFile;

/// A request that is made once and sent again and again.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Method.
    pub method: Method,
    /// Path and query, as they are sent.
    pub target: String,
    /// Headers besides `host` and `content-length`.
    pub headers: HeaderMap,
    /// Bytes of its body.
    pub size: u64,
}

impl Asked {
    /// Without a body and without headers.
    pub fn new(method: Method, target: impl Into<String>) -> Self {
        Self { method, target: target.into(), headers: HeaderMap::new(), size: 0 }
    }
}

/// When a round is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quota {
    /// Nothing is begun after this.
    Time(Duration),
    /// After so many.
    Count(u64),
}

impl Quota {
    /// What the generator does in this round.
    pub(super) fn of_round(file: &LoadFile, round: u32, rounds: u32) -> Self {
        match (file.duration, file.count) {
            (Some(duration), _) => Self::Time(duration.0 / rounds),
            (None, count) => Self::share(count.unwrap_or_default(), round, rounds),
        }
    }

    /// What belongs to this round of so many in all.
    pub(super) fn share(count: u64, round: u32, rounds: u32) -> Self {
        let upto = |round: u32| count * u64::from(round) / u64::from(rounds);
        Self::Count(upto(round + 1) - upto(round))
    }
}

/// The connections with what is asked on them.
pub(super) struct BareLoop {
    lines: Vec<Line>,
}

struct Line {
    connection: Bare,
    asks: Arc<[Prepared]>,
    block: Bytes,
}

/// A request as it is sent.
struct Prepared {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    size: u64,
}

impl Prepared {
    fn new(asked: &Asked, address: SocketAddr) -> Result<Self, WireError> {
        let other = |error: String| WireError::Other(error);
        let uri = asked.target.parse().map_err(|error: http::uri::InvalidUri| other(error.to_string()))?;
        let host = HeaderValue::from_str(&address.to_string()).map_err(|error| other(error.to_string()))?;
        let mut headers = asked.headers.clone();
        headers.insert(http::header::HOST, host);
        Ok(Self { method: asked.method.clone(), uri, headers, size: asked.size })
    }
}

impl BareLoop {
    /// A connection for each worker; `operation` is what each does, again and again.
    pub(super) async fn connect(
        address: SocketAddr,
        workers: u32,
        operation: &[Asked],
        block: &Bytes,
    ) -> Result<Self, WireError> {
        let asks: Arc<[Prepared]> =
            operation.iter().map(|asked| Prepared::new(asked, address)).collect::<Result<_, _>>()?;
        let mut lines = Vec::new();
        for _ in 0..workers {
            let connection = Bare::connect(address).await?;
            lines.push(Line { connection, asks: asks.clone(), block: block.clone() });
        }
        Ok(Self { lines })
    }

    /// One round.
    pub(super) async fn round(&mut self, quota: Quota, stop: &watch::Receiver<bool>) -> Result<Round, WireError> {
        let (began, taken) = (Instant::now(), Arc::new(AtomicU64::new(0)));
        let mut workers = JoinSet::new();
        for mut line in self.lines.drain(..) {
            let (taken, stop) = (taken.clone(), stop.clone());
            workers.spawn(async move {
                let (mut last, mut count, mut bytes) = (began, 0, 0);
                while goes_on(quota, began, &taken) && !*stop.borrow() {
                    bytes += line.ask().await?;
                    (last, count) = (Instant::now(), count + 1);
                }
                Ok::<_, WireError>((line, last, count, bytes))
            });
        }
        let (mut last, mut round) = (began, Round::default());
        while let Some(ended) = workers.join_next().await {
            let ended = ended.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
            let (line, ended, count, bytes) = ended?;
            self.lines.push(line);
            last = last.max(ended);
            round.count += count;
            round.bytes += bytes;
        }
        round.wall_us = u64::try_from((last - began).as_micros()).unwrap_or(u64::MAX);
        Ok(round)
    }
}

fn goes_on(quota: Quota, began: Instant, taken: &AtomicU64) -> bool {
    match quota {
        Quota::Time(time) => began.elapsed() < time,
        Quota::Count(count) => taken.fetch_add(1, Ordering::Relaxed) < count,
    }
}

impl Line {
    /// One operation; gives the bytes of content that it moved.
    async fn ask(&mut self) -> Result<u64, WireError> {
        let mut moved = 0;
        for asked in self.asks.iter() {
            let mut request = http::Request::new(super::body(&self.block, asked.size));
            *request.method_mut() = asked.method.clone();
            *request.uri_mut() = asked.uri.clone();
            *request.headers_mut() = asked.headers.clone();
            let (status, bytes) = self.connection.exchange(request).await?;
            if !status.is_success() {
                return Err(WireError::Other(format!("{} is answered {}", asked.method, status.as_u16())));
            }
            moved += asked.size + bytes;
        }
        Ok(moved)
    }
}
