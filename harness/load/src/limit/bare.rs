//! The bare loop: a connection for each worker, hyper on it, requests made of text, and nothing that looks at an answer but at its status and
//! length. What the load generator costs is what is missing here.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, StatusCode};
use shakedown_reports::bench::Round;
use shakedown_wire::network::Bare;
use shakedown_wire::{Body, WireError};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::file::LoadFile;

/// Any digest: the null registry believes everything.
const BLOB: &str = "/v2/limit/r0/blobs/sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const UPLOADS: &str = "/v2/limit/r0/blobs/uploads/";
const CLOSE: &str =
    "/v2/limit/r0/blobs/uploads/1?digest=sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// What is asked, again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asks {
    /// POST, then PUT with the blob.
    Push,
    /// GET of the blob.
    Pull,
    /// HEAD of the blob.
    Head,
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
        let upto = |count: u64, round: u32| count * u64::from(round) / u64::from(rounds);
        match (file.duration, file.count) {
            (Some(duration), _) => Self::Time(duration.0 / rounds),
            (None, count) => {
                let count = count.unwrap_or_default();
                Self::Count(upto(count, round + 1) - upto(count, round))
            }
        }
    }
}

/// The connections with what is asked on them.
pub(super) struct BareLoop {
    lines: Vec<Line>,
}

struct Line {
    connection: Bare,
    host: String,
    asks: Asks,
    block: Bytes,
    size: u64,
}

impl BareLoop {
    /// A connection for each worker.
    pub(super) async fn connect(
        address: SocketAddr,
        workers: u32,
        asks: Asks,
        block: Bytes,
        size: u64,
    ) -> Result<Self, WireError> {
        let mut lines = Vec::new();
        for _ in 0..workers {
            let connection = Bare::connect(address).await?;
            lines.push(Line { connection, host: address.to_string(), asks, block: block.clone(), size });
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
        match self.asks {
            Asks::Push => {
                self.exchange(Method::POST, UPLOADS, Body::empty(), StatusCode::ACCEPTED).await?;
                let blob = super::body(&self.block, self.size);
                self.exchange(Method::PUT, CLOSE, blob, StatusCode::CREATED).await?;
                Ok(self.size)
            }
            Asks::Pull => self.exchange(Method::GET, BLOB, Body::empty(), StatusCode::OK).await,
            Asks::Head => self.exchange(Method::HEAD, BLOB, Body::empty(), StatusCode::OK).await,
        }
    }

    async fn exchange(&mut self, method: Method, path: &str, body: Body, wanted: StatusCode) -> Result<u64, WireError> {
        let request = http::Request::builder().method(method).uri(path).header("host", &self.host).body(body);
        let request = request.map_err(|error| WireError::Other(error.to_string()))?;
        let (status, bytes) = self.connection.exchange(request).await?;
        if status == wanted { Ok(bytes) } else { Err(WireError::Other(format!("status {}", status.as_u16()))) }
    }
}
