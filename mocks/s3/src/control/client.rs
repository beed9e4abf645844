//! The calling side: typed methods over any [`Party`].

use bytes::Bytes;
use http::{Method, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use shakedown_faults::Fault;
use shakedown_wire::{Body, Exchange, Party, Response, WireError};

use super::model::{About, Added, Damage, Deleted, FaultList, Journal, Opened, Problem, Reset, Time};
use crate::admin::{ObjectEntry, UploadEntry};
use crate::config::Credential;

/// Largest JSON answer.
const MAX_ANSWER: usize = 256 << 20;
const NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const PATH: &AsciiSet = &NAME.remove(b'/');

/// Why a control request failed.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
pub enum ControlError {
    /// Nobody answered.
    #[error("the control interface at {base} does not answer: {error}")]
    Wire {
        /// Where it was asked.
        base: String,
        /// What came instead.
        error: WireError,
    },
    /// It was refused.
    #[error("the control interface refused {request}: {message}")]
    Refused {
        /// Method and path.
        request: String,
        /// Status.
        status: u16,
        /// Its words.
        message: String,
    },
    /// The answer makes no sense; probably something else answers there.
    #[error("{base} is not a control interface of shakedown ({request}: {reason})")]
    Unreadable {
        /// Where it was asked.
        base: String,
        /// Method and path.
        request: String,
        /// What is wrong with the answer.
        reason: String,
    },
}

/// A mock in another process, or one behind a party in this one. All methods fail with a [`ControlError`].
#[derive(Debug, Clone)]
pub struct ControlClient {
    party: Party,
    base: String,
}

impl ControlClient {
    /// `base` is the address of the control interface: `http://127.0.0.1:9001`.
    pub fn new(party: Party, base: impl Into<String>) -> Self {
        let base = base.into();
        Self { party, base: base.trim_end_matches('/').to_owned() }
    }

    /// Name and version.
    pub async fn about(&self) -> Result<About, ControlError> {
        self.json(Method::GET, "/", Body::empty()).await
    }

    /// The faults and how often each struck.
    pub async fn faults(&self) -> Result<FaultList, ControlError> {
        self.json(Method::GET, "/faults", Body::empty()).await
    }

    /// Other faults from now on, with fresh counters.
    pub async fn set_faults(&self, faults: &[Fault], seed: u64) -> Result<(), ControlError> {
        self.done(Method::PUT, &format!("/faults?seed={seed}"), to_body(&faults)).await
    }

    /// One more fault; its number.
    pub async fn add_fault(&self, fault: &Fault) -> Result<usize, ControlError> {
        self.json(Method::POST, "/faults", to_body(fault)).await.map(|added: Added| added.rule)
    }

    /// No faults from now on.
    pub async fn clear_faults(&self) -> Result<(), ControlError> {
        self.done(Method::DELETE, "/faults", Body::empty()).await
    }

    /// A named event happened.
    pub async fn event(&self, name: &str) -> Result<(), ControlError> {
        self.done(Method::POST, &format!("/events/{}", utf8_percent_encode(name, NAME)), Body::empty()).await
    }

    /// One page of the journal from that number on.
    pub async fn journal(&self, since: u64) -> Result<Journal, ControlError> {
        self.json(Method::GET, &format!("/journal?since={since}"), Body::empty()).await
    }

    /// All exchanges from that number on, page after page.
    pub async fn exchanges(&self, since: u64) -> Result<Vec<Exchange>, ControlError> {
        let mut page = self.journal(since).await?;
        let mut all = std::mem::take(&mut page.exchanges);
        while page.more && page.next > since {
            page = self.journal(page.next).await?;
            all.append(&mut page.exchanges);
        }
        Ok(all)
    }

    /// Forgets the journal.
    pub async fn clear_journal(&self) -> Result<(), ControlError> {
        self.done(Method::DELETE, "/journal", Body::empty()).await
    }

    /// The objects below a prefix.
    pub async fn objects(&self, bucket: &str, prefix: &str) -> Result<Vec<ObjectEntry>, ControlError> {
        let (bucket, prefix) = (utf8_percent_encode(bucket, NAME), utf8_percent_encode(prefix, NAME));
        self.json(Method::GET, &format!("/objects?bucket={bucket}&prefix={prefix}"), Body::empty()).await
    }

    /// The bytes of an object, streamed.
    pub async fn read(&self, bucket: &str, key: &str) -> Result<Body, ControlError> {
        Ok(self.send(Method::GET, &object(bucket, key), Body::empty()).await?.into_body())
    }

    /// Puts an object.
    pub async fn put(&self, bucket: &str, key: &str, body: impl Into<Body>) -> Result<ObjectEntry, ControlError> {
        self.json(Method::PUT, &object(bucket, key), body.into()).await
    }

    /// Deletes an object; true if there was one.
    pub async fn delete(&self, bucket: &str, key: &str) -> Result<bool, ControlError> {
        let answer: Deleted = self.json(Method::DELETE, &object(bucket, key), Body::empty()).await?;
        Ok(answer.deleted)
    }

    /// Cuts an object behind everybody's back.
    pub async fn truncate(&self, bucket: &str, key: &str, length: u64) -> Result<(), ControlError> {
        self.done(Method::POST, &object(bucket, key), to_body(&Damage::Truncate(length))).await
    }

    /// Flips one byte of an object behind everybody's back.
    pub async fn corrupt(&self, bucket: &str, key: &str, at: u64) -> Result<(), ControlError> {
        self.done(Method::POST, &object(bucket, key), to_body(&Damage::Corrupt(at))).await
    }

    /// The open uploads with their parts.
    pub async fn uploads(&self, bucket: &str) -> Result<Vec<UploadEntry>, ControlError> {
        self.json(Method::GET, &format!("/uploads?bucket={}", utf8_percent_encode(bucket, NAME)), Body::empty()).await
    }

    /// Opens a foreign upload, with one part if there are bytes; its id.
    pub async fn seed_upload(&self, bucket: &str, key: &str, part: Bytes) -> Result<String, ControlError> {
        let path = format!("/uploads/{}/{}", utf8_percent_encode(bucket, NAME), utf8_percent_encode(key, PATH));
        self.json(Method::POST, &path, Body::full(part)).await.map(|opened: Opened| opened.upload_id)
    }

    /// Makes a bucket; no matter if there is one.
    pub async fn create_bucket(&self, bucket: &str) -> Result<(), ControlError> {
        self.done(Method::PUT, &format!("/buckets/{}", utf8_percent_encode(bucket, NAME)), Body::empty()).await
    }

    /// Removes a bucket with everything in it.
    pub async fn remove_bucket(&self, bucket: &str) -> Result<(), ControlError> {
        self.done(Method::DELETE, &format!("/buckets/{}", utf8_percent_encode(bucket, NAME)), Body::empty()).await
    }

    /// These buckets are empty, there are no faults, the journal is empty.
    pub async fn reset(&self, buckets: &[String]) -> Result<(), ControlError> {
        self.done(Method::POST, "/reset", to_body(&Reset { buckets: buckets.to_vec() })).await
    }

    /// Other access keys from now on.
    pub async fn set_credentials(&self, credentials: &[Credential]) -> Result<(), ControlError> {
        self.done(Method::PUT, "/credentials", to_body(&credentials)).await
    }

    /// The switches of the configuration.
    pub async fn config(&self) -> Result<Map<String, Value>, ControlError> {
        self.json(Method::GET, "/config", Body::empty()).await
    }

    /// Changes those switches of the configuration that are given.
    pub async fn change_config(&self, changes: &Value) -> Result<(), ControlError> {
        self.done(Method::PATCH, "/config", to_body(changes)).await
    }

    /// The store's clock, to bring its journal and the caller's own times onto one scale.
    pub async fn time(&self) -> Result<Time, ControlError> {
        self.json(Method::GET, "/time", Body::empty()).await
    }

    async fn done(&self, method: Method, path: &str, body: Body) -> Result<(), ControlError> {
        self.send(method, path, body).await.map(drop)
    }

    async fn json<T: DeserializeOwned>(&self, method: Method, path: &str, body: Body) -> Result<T, ControlError> {
        let request = format!("{method} {path}");
        let answer = self.send(method, path, body).await?;
        let bytes = answer.into_body().collect(MAX_ANSWER).await.map_err(|error| self.wire(error))?;
        serde_json::from_slice(&bytes).map_err(|error| self.unreadable(request, error.to_string()))
    }

    async fn send(&self, method: Method, path: &str, body: Body) -> Result<Response, ControlError> {
        let request_line = format!("{method} {path}");
        let request = http::Request::builder().method(method).uri(format!("{}{path}", self.base)).body(body);
        let request = request.map_err(|error| self.unreadable(request_line.clone(), error.to_string()))?;
        let answer = self.party.send(request).await.map_err(|error| self.wire(error))?;
        match answer.status() {
            StatusCode::OK | StatusCode::NO_CONTENT => Ok(answer),
            status => {
                let bytes = answer.into_body().collect(MAX_ANSWER).await.map_err(|error| self.wire(error))?;
                match serde_json::from_slice::<Problem>(&bytes) {
                    Ok(problem) => Err(ControlError::Refused {
                        request: request_line,
                        status: status.as_u16(),
                        message: problem.error,
                    }),
                    Err(_) => Err(self.unreadable(request_line, format!("status {status} without a JSON error"))),
                }
            }
        }
    }

    fn wire(&self, error: WireError) -> ControlError {
        ControlError::Wire { base: self.base.clone(), error }
    }

    fn unreadable(&self, request: String, reason: String) -> ControlError {
        ControlError::Unreadable { base: self.base.clone(), request, reason }
    }
}

fn object(bucket: &str, key: &str) -> String {
    format!("/objects/{}/{}", utf8_percent_encode(bucket, NAME), utf8_percent_encode(key, PATH))
}

fn to_body(value: &impl Serialize) -> Body {
    // All values of this interface are plain data with string keys; those always serialise.
    Body::full(serde_json::to_vec(value).unwrap_or_default())
}
