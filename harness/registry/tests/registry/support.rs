//! A registry on a mock, and short ways to talk to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use shakedown_oci::Digest;
use shakedown_registry::{Registry, RegistryConfig};
use shakedown_s3::{Credential, S3Config, S3Mock};
use shakedown_wire::{Body, Clock, Party, Request, WireError};

pub const BUCKET: &str = "lab";

/// A registry and its storage.
pub struct Lab {
    pub s3: S3Mock,
    pub registry: Registry,
    pub clock: Clock,
    config: RegistryConfig,
    replicas: AtomicU64,
}

/// One answer, whole.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Reply {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The code of the first error.
    pub fn code(&self) -> String {
        self.json()["errors"][0]["code"].as_str().unwrap().to_owned()
    }
}

impl Lab {
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    /// Small parts, so that multipart uploads are tested with few bytes; the mock's limits follow.
    pub fn small_parts() -> Self {
        Self::with(|config| config.storage.part_size = 1024)
    }

    pub fn with(change: impl FnOnce(&mut RegistryConfig)) -> Self {
        Self::on(|_| {}, change)
    }

    /// The same on another store.
    pub fn on(store: impl FnOnce(&mut S3Config), change: impl FnOnce(&mut RegistryConfig)) -> Self {
        let clock = Clock::virtual_time();
        let mut s3_config = S3Config::with_bucket(BUCKET, Credential::new("AK", "SK"));
        let mut config = RegistryConfig::new("http://s3.test".parse().unwrap(), BUCKET, "AK", "SK");
        change(&mut config);
        s3_config.limits.min_part = config.storage.part_size.min(5 << 20);
        store(&mut s3_config);
        let s3 = S3Mock::new(s3_config, clock.clone(), 1);
        let registry = Registry::new(config.clone(), s3.party(), clock.clone(), 7);
        Self { s3, registry, clock, config, replicas: AtomicU64::new(100) }
    }

    /// Another process on the same storage; `storage` stands between them.
    pub fn replica_through(&self, storage: Party) -> Registry {
        let seed = self.replicas.fetch_add(1, Ordering::Relaxed);
        Registry::new(self.config.clone(), storage, self.clock.clone(), seed)
    }

    pub fn replica(&self) -> Registry {
        self.replica_through(self.s3.party())
    }

    pub async fn call(&self, method: Method, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Reply {
        call(&self.registry.party(), method, path, headers, body).await.unwrap()
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, path, &[], Body::empty()).await
    }

    pub async fn head(&self, path: &str) -> Reply {
        self.call(Method::HEAD, path, &[], Body::empty()).await
    }

    /// Begins an upload; its Location.
    pub async fn start(&self, name: &str) -> String {
        let reply = self.call(Method::POST, &format!("/v2/{name}/blobs/uploads/"), &[], Body::empty()).await;
        assert_eq!(reply.status, StatusCode::ACCEPTED, "{reply:?}");
        reply.header("location").to_owned()
    }

    pub async fn patch(&self, location: &str, bytes: &[u8]) -> Reply {
        self.call(Method::PATCH, location, &[], bytes.to_vec()).await
    }

    pub async fn put(&self, location: &str, digest: &Digest, bytes: &[u8]) -> Reply {
        self.call(Method::PUT, &format!("{location}&digest={digest}"), &[], bytes.to_vec()).await
    }

    /// POST, PATCH, PUT.
    pub async fn push_blob(&self, name: &str, bytes: &[u8]) -> Digest {
        let digest = Digest::of(bytes);
        let location = self.start(name).await;
        let patched = self.patch(&location, bytes).await;
        assert_eq!(patched.status, StatusCode::ACCEPTED, "{patched:?}");
        let done = self.put(patched.header("location"), &digest, b"").await;
        assert_eq!(done.status, StatusCode::CREATED, "{done:?}");
        digest
    }

    /// Pushes config, layer and manifest; the manifest's bytes.
    pub async fn push_image(&self, name: &str, reference: &str) -> Vec<u8> {
        let config = self.push_blob(name, b"{}").await;
        let layer = self.push_blob(name, format!("layer of {name}").as_bytes()).await;
        let manifest = manifest(&config, &layer, name.len() + 9);
        let reply = self.put_manifest(name, reference, &manifest).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{reply:?}");
        manifest
    }

    pub async fn put_manifest(&self, name: &str, reference: &str, bytes: &[u8]) -> Reply {
        let headers = [("content-type", shakedown_oci::media_type::OCI_MANIFEST)];
        self.call(Method::PUT, &format!("/v2/{name}/manifests/{reference}"), &headers, bytes.to_vec()).await
    }

    /// What the storage was asked and answered, one line each: for messages of failed assertions.
    pub fn story(&self) -> String {
        let lines = self.s3.recorder().exchanges().into_iter().map(|exchange| {
            let note = exchange.s3.map(|s3| format!("{} {}", s3.operation, s3.key)).unwrap_or_default();
            let answer = exchange.response.map(|response| format!("{} {}", response.status, response.body.excerpt));
            format!("{note} -> {}", answer.or(exchange.error).unwrap_or_default())
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Storage requests so far.
    pub fn requests(&self) -> u64 {
        self.registry.storage_counts().requests
    }
}

pub fn manifest(config: &Digest, layer: &Digest, layer_size: usize) -> Vec<u8> {
    serde_json::to_vec(&serde_json::json!({
        "schemaVersion": 2,
        "mediaType": shakedown_oci::media_type::OCI_MANIFEST,
        "config": { "mediaType": shakedown_oci::media_type::OCI_CONFIG, "digest": config, "size": 2 },
        "layers": [{ "mediaType": shakedown_oci::media_type::OCI_LAYER, "digest": layer, "size": layer_size }],
    }))
    .unwrap()
}

pub async fn call(
    party: &Party,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> Result<Reply, WireError> {
    let body = body.into();
    let mut request = http::Request::builder().method(method).uri(format!("http://registry.test{path}"));
    if let Some(length) = body.length() {
        request = request.header("content-length", length);
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request: Request = request.body(body).unwrap();
    let response = party.send(request).await?;
    let (head, body) = response.into_parts();
    Ok(Reply { status: head.status, headers: head.headers, body: body.collect(64 << 20).await? })
}

/// A party that counts calls and may act on each before or after it is applied.
pub fn tapped(inner: Party, tap: impl Fn(u64, &Request) -> Tap + Send + Sync + 'static) -> (Party, Arc<AtomicU64>) {
    let (count, tap) = (Arc::new(AtomicU64::new(0)), Arc::new(tap));
    let seen = count.clone();
    let party = Party::from_fn(move |request: Request| {
        let (inner, tap) = (inner.clone(), tap.clone());
        let number = seen.fetch_add(1, Ordering::Relaxed);
        async move {
            match tap(number, &request) {
                Tap::Pass => inner.send(request).await,
                Tap::Answer(reply) => Ok(*reply),
                Tap::Lose => {
                    let _ = inner.send(request).await;
                    Err(WireError::Closed)
                }
                Tap::Refuse => Err(WireError::Closed),
                Tap::AnswerApplied(reply) => {
                    let _ = inner.send(request).await;
                    Ok(*reply)
                }
                Tap::HangBefore => std::future::pending().await,
                Tap::HangAfter => {
                    let _ = inner.send(request).await;
                    std::future::pending().await
                }
            }
        }
    });
    (party, count)
}

/// What a tap does.
pub enum Tap {
    Pass,
    Answer(Box<shakedown_wire::Response>),
    AnswerApplied(Box<shakedown_wire::Response>),
    Lose,
    Refuse,
    HangBefore,
    HangAfter,
}

impl Tap {
    pub fn answer(status: u16, content_type: &str, body: &'static str) -> Self {
        Self::Answer(response(status, content_type, body))
    }
}

pub fn response(status: u16, content_type: &str, body: &'static str) -> Box<shakedown_wire::Response> {
    let response = http::Response::builder().status(status).header("content-type", content_type);
    Box::new(response.header("content-length", body.len()).body(Body::full(body)).unwrap())
}
