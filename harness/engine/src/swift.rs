//! A client library of Swift, as distribution's driver stands on one: auth v1, one new login after a 401, segments and a manifest.
//! A library that repeats a request without beginning its body anew is here, too: that is incident J01.
//! Not here: what the answers must be (`steps::swift`).

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use shakedown_client::TraceIds;
use shakedown_scenario::steps::{AgainBody, RefusedSegment, SwiftPut};
use shakedown_wire::{Body, Party, Request, Response, TRACE_HEADER, TraceId, WireError};
use tokio::time::Instant;

/// Largest object that is read back, in bytes.
const MOST: usize = 64 << 20;
/// How often a library looks whether segments are listed (as the driver of docker-registry 2.8.2 does).
const LOOKS_EVERY: Duration = Duration::from_millis(200);
/// The container of all objects.
pub(crate) const CONTAINER: &str = "lab";

/// Who logs in where.
#[derive(Debug)]
pub(crate) struct SwiftClient {
    pub(crate) party: Party,
    pub(crate) base: String,
    pub(crate) user: String,
    pub(crate) key: String,
    pub(crate) traces: TraceIds,
    /// The token of the last login.
    pub(crate) token: Mutex<Option<HeaderValue>>,
}

/// How the last request of a call ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: Option<u16>,
    /// The body, if it was asked for and arrived.
    pub(crate) body: Bytes,
    pub(crate) trace: Option<TraceId>,
    pub(crate) error: Option<WireError>,
    /// Segments of a large object were not all listed when the library gave up waiting.
    pub(crate) incomplete: bool,
}

/// What is sent, and what is sent when it has to be sent again.
struct Sending<'a> {
    method: Method,
    path: String,
    headers: HeaderMap,
    bytes: &'a Bytes,
    again: AgainBody,
}

impl SwiftClient {
    /// Puts an object, or segments and their manifest.
    pub(crate) async fn put(&self, object: &str, bytes: &Bytes, put: &SwiftPut) -> Ended {
        let Some(size) = put.segment else { return self.put_one(object, bytes, HeaderMap::new(), put.again).await };
        let size = usize::try_from(size.0).unwrap_or(usize::MAX).max(1);
        let mut at = 0_usize;
        for number in 1.. {
            let segment = bytes.slice(at..bytes.len().min(at.saturating_add(size)));
            let name = format!("segments/{object}/{number:08}");
            let ended = self.put_one(&name, &segment, HeaderMap::new(), put.again).await;
            if ended.status != Some(201) && put.refused == RefusedSegment::Told {
                return ended;
            }
            at += segment.len();
            if at == bytes.len() {
                break;
            }
        }
        let mut headers = HeaderMap::new();
        if let Ok(value) = HeaderValue::from_str(&format!("{CONTAINER}/segments/{object}/")) {
            headers.insert("x-object-manifest", value);
        }
        let ended = self.put_one(object, &Bytes::new(), headers, put.again).await;
        if ended.status != Some(201) || put.waits.0.is_zero() {
            return ended;
        }
        self.wait_for_segments(object, bytes.len(), put.waits.0, ended).await
    }

    /// Looks at the large object until it is as long as what was put.
    async fn wait_for_segments(&self, object: &str, whole: usize, patience: Duration, ended: Ended) -> Ended {
        let began = Instant::now();
        loop {
            let (response, trace) = self.call(&self.of(Method::HEAD, object, &Bytes::new())).await;
            let length = response
                .ok()
                .and_then(|response| response.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse::<usize>().ok());
            if length == Some(whole) {
                return ended;
            }
            if began.elapsed() >= patience {
                return Ended { incomplete: true, trace: Some(trace), ..ended };
            }
            tokio::time::sleep(LOOKS_EVERY).await;
        }
    }

    async fn put_one(&self, object: &str, bytes: &Bytes, headers: HeaderMap, again: AgainBody) -> Ended {
        let sending = Sending { headers, again, ..self.of(Method::PUT, object, bytes) };
        let (response, trace) = self.call(&sending).await;
        ended(response, trace).await
    }

    /// Gets an object.
    pub(crate) async fn get(&self, object: &str) -> Ended {
        let (response, trace) = self.call(&self.of(Method::GET, object, &Bytes::new())).await;
        ended(response, trace).await
    }

    fn of<'a>(&self, method: Method, object: &str, bytes: &'a Bytes) -> Sending<'a> {
        let path = format!("/v1/AUTH_lab/{CONTAINER}/{object}");
        Sending { method, path, headers: HeaderMap::new(), bytes, again: AgainBody::Rewound }
    }

    /// Sends it; after a 401 logs in, once, and sends it again with what is then its body.
    async fn call(&self, sending: &Sending<'_>) -> (Result<Response, WireError>, TraceId) {
        let known = self.known();
        let token = match known {
            Some(token) => token,
            None => match self.login().await {
                Ok(token) => token,
                Err(refused) => return refused,
            },
        };
        let first = self.send(sending, &token, AgainBody::Rewound).await;
        match &first.0 {
            Ok(response) if response.status() == StatusCode::UNAUTHORIZED => match self.login().await {
                Ok(token) => self.send(sending, &token, sending.again).await,
                Err(refused) => refused,
            },
            _ => first,
        }
    }

    fn known(&self) -> Option<HeaderValue> {
        self.token.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A new token; the answer of the login if there is none in it.
    async fn login(&self) -> Result<HeaderValue, (Result<Response, WireError>, TraceId)> {
        let (user, key) = (HeaderValue::from_str(&self.user), HeaderValue::from_str(&self.key));
        let mut headers = HeaderMap::new();
        for (name, value) in [("x-auth-user", user), ("x-auth-key", key)] {
            headers.extend(value.ok().map(|value| (HeaderName::from_static(name), value)));
        }
        let (result, trace) = self.exchange(Method::GET, "/auth/v1.0", headers, Body::empty()).await;
        let token = result.as_ref().ok().filter(|response| response.status().is_success());
        match token.and_then(|response| response.headers().get("x-storage-token")).cloned() {
            Some(token) => {
                *self.token.lock().unwrap_or_else(PoisonError::into_inner) = Some(token.clone());
                Ok(token)
            }
            None => Err((result, trace)),
        }
    }

    async fn send(
        &self,
        it: &Sending<'_>,
        token: &HeaderValue,
        body: AgainBody,
    ) -> (Result<Response, WireError>, TraceId) {
        let mut headers = it.headers.clone();
        headers.insert("x-auth-token", token.clone());
        let length = (it.method == Method::PUT).then_some(it.bytes.len());
        let body = match body {
            AgainBody::Rewound => Body::full(it.bytes.clone()),
            AgainBody::Spent => Body::sized(it.bytes.len() as u64, futures_util::stream::empty()),
            AgainBody::SpentChunked => Body::stream(futures_util::stream::empty()),
        };
        if let Some(length) = length.filter(|_| body.length().is_some()) {
            headers.insert(CONTENT_LENGTH, length.into());
        }
        self.exchange(it.method.clone(), &it.path, headers, body).await
    }

    async fn exchange(
        &self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: Body,
    ) -> (Result<Response, WireError>, TraceId) {
        let trace = self.traces.next();
        let mut request = Request::new(body);
        match format!("{}{path}", self.base).parse() {
            Ok(uri) => *request.uri_mut() = uri,
            Err(error) => return (Err(WireError::Other(format!("{path}: {error}"))), trace),
        }
        *request.method_mut() = method;
        *request.headers_mut() = headers;
        request.headers_mut().insert(TRACE_HEADER, trace.to_header());
        (self.party.send(request).await, trace)
    }
}

async fn ended(response: Result<Response, WireError>, trace: TraceId) -> Ended {
    let mut ended = Ended { status: None, body: Bytes::new(), trace: Some(trace), error: None, incomplete: false };
    match response {
        Ok(response) => {
            ended.status = Some(response.status().as_u16());
            match response.into_body().collect(MOST).await {
                Ok(bytes) => ended.body = bytes,
                Err(error) => ended.error = Some(error),
            }
        }
        Err(error) => ended.error = Some(error),
    }
    ended
}
