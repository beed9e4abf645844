//! kill -9 of the registry at each storage call of a push in turn: what was acknowledged before is there afterwards.
//!
//! The S3 mock lives in this process; the registry is a child that is killed while the n-th storage call hangs, once before the
//! call is applied and once after it was applied but not answered. Then a new registry starts on the same bucket.

mod support;

use std::time::Duration;

use sha2::{Digest, Sha256};
use shakedown_faults::Fault;
use shakedown_s3::{Credential, S3Config, S3Mock};
use shakedown_wire::network::{self, NetworkOptions};
use shakedown_wire::server::{self, Server, ServerOptions};
use shakedown_wire::{Body, Clock, Party, WireError};
use support::{Running, serve, word_after};

/// More storage calls than a push makes; reaching it without an unharmed push means that the loop does not end by itself.
const MOST_CALLS: usize = 200;

fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(bytes)))
}

/// What the client was told, in order.
#[derive(Debug, Default)]
struct Acknowledged {
    /// The newest Location of the large blob's session and the end of its Range (inclusive), from a 202 to a PATCH.
    session: Option<(String, u64)>,
    /// Digests of blobs answered 201.
    blobs: Vec<String>,
    /// The manifest was answered 201.
    manifest: bool,
}

struct Image {
    large: Vec<u8>,
    config: Vec<u8>,
    manifest: Vec<u8>,
}

impl Image {
    /// A layer that needs a multipart upload (parts are 8 MiB), a config that does not.
    fn new() -> Self {
        let large: Vec<u8> = (0..9 * 1024 * 1024_u32).map(|i| u8::try_from(i % 251).expect("below 251")).collect();
        let config = b"{\"architecture\":\"amd64\",\"os\":\"linux\"}".to_vec();
        let manifest = serde_json::json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": { "mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest(&config), "size": config.len() },
            "layers": [{ "mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": digest(&large), "size": large.len() }],
        });
        Self { large, config, manifest: manifest.to_string().into_bytes() }
    }
}

struct Client {
    party: Party,
    base: String,
}

type Answer = (u16, http::HeaderMap, Vec<u8>);

impl Client {
    async fn call(&self, method: &str, uri: &str, body: &[u8]) -> Result<Answer, WireError> {
        let uri = if uri.starts_with('/') { format!("{}{uri}", self.base) } else { uri.to_owned() };
        let request = http::Request::builder().method(method).uri(uri);
        let request = request.header("content-type", "application/vnd.oci.image.manifest.v1+json");
        let answer = self.party.send(request.body(Body::from(body.to_vec())).expect("a valid request")).await?;
        let (head, body) = answer.into_parts();
        Ok((head.status.as_u16(), head.headers, body.collect(32 << 20).await?.to_vec()))
    }

    /// Pushes; stops at the first call that is not answered as it should. True if all was.
    async fn push(&self, image: &Image, told: &mut Acknowledged) -> bool {
        let pushed = async {
            let (first, rest) = image.large.split_at(8 * 1024 * 1024 + 4096);
            let mut location = self.step("POST", "/v2/lab/app/blobs/uploads/", b"", 202).await?;
            for (chunk, end) in [(first, first.len()), (rest, image.large.len())] {
                location = self.step("PATCH", &location, chunk, 202).await?;
                told.session = Some((location.clone(), end as u64 - 1));
            }
            self.step("PUT", &with_digest(&location, &image.large), b"", 201).await?;
            told.session = None;
            told.blobs.push(digest(&image.large));
            let location = self.step("POST", "/v2/lab/app/blobs/uploads/", b"", 202).await?;
            self.step("PUT", &with_digest(&location, &image.config), &image.config, 201).await?;
            told.blobs.push(digest(&image.config));
            self.step("PUT", "/v2/lab/app/manifests/1", &image.manifest, 201).await?;
            told.manifest = true;
            Some(())
        };
        pushed.await.is_some()
    }

    /// One call; its Location if it was answered with `status`.
    async fn step(&self, method: &str, uri: &str, body: &[u8], status: u16) -> Option<String> {
        let (answered, headers, _) = self.call(method, uri, body).await.ok()?;
        let location = headers.get("location").map(|value| value.to_str().expect("ASCII").to_owned());
        (answered == status).then_some(location.unwrap_or_default())
    }
}

fn with_digest(location: &str, bytes: &[u8]) -> String {
    let mark = if location.contains('?') { '&' } else { '?' };
    format!("{location}{mark}digest={}", digest(bytes))
}

struct World {
    mock: S3Mock,
    endpoint: String,
    home: tempfile::TempDir,
    _server: Server,
}

impl World {
    fn new() -> Self {
        let config = S3Config::with_bucket("lab", Credential::new("shakedown", "shakedown-secret"));
        let mock = S3Mock::new(config, Clock::real_time(), 1);
        let listener = server::bind("127.0.0.1:0".parse().expect("an address")).expect("a free port");
        let server = server::serve(listener, mock.party(), ServerOptions::default());
        Self { mock, endpoint: server.base_uri(), home: tempfile::tempdir().expect("writable"), _server: server }
    }

    fn registry(&self) -> (Running, Client) {
        let args = ["registry", "--listen", "127.0.0.1:0", "--s3-endpoint", &self.endpoint];
        let (running, ready) = serve(&args, self.home.path());
        let base = format!("http://{}", word_after(&ready, "on http://"));
        (running, Client { party: network::client(&NetworkOptions::default()), base })
    }

    /// Lets the n-th storage call hang, before or after it is applied.
    fn hang_at(&self, nth: usize, at: &str) {
        let fault: Fault = serde_saphyr::from_str(&format!(
            "on: s3\nwhen: {{ nth: {nth} }}\neffect: {{ delay: {{ fixed: 1h, at: {at} }} }}"
        ))
        .expect("a valid fault");
        self.mock.injector().replace(vec![fault], 1);
    }

    /// Waits until the fault struck; the condition is polled, the deadline is generous.
    async fn struck(&self) {
        while self.mock.injector().fired().iter().all(|(_, count)| *count == 0) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

/// Everything that was acknowledged can be read back or continued on a new registry.
async fn assert_kept(client: &Client, image: &Image, told: &Acknowledged, place: &str) {
    for blob in &told.blobs {
        let (status, _, body) = client.call("GET", &format!("/v2/lab/app/blobs/{blob}"), b"").await.expect("an answer");
        assert_eq!((status, digest(&body)), (200, blob.clone()), "{place}: an acknowledged blob");
    }
    if told.manifest {
        let (status, _, body) = client.call("GET", "/v2/lab/app/manifests/1", b"").await.expect("an answer");
        assert_eq!((status, &body), (200, &image.manifest), "{place}: the acknowledged manifest");
    }
    if let Some((location, end)) = &told.session {
        // A request of the dead process may still be on its way to the store and change the session behind the new one's back: a client
        // that is refused asks again how far the upload got.
        let mut refused = String::new();
        for _ in 0..3 {
            match finish(client, image, location, *end, place).await {
                Ok(()) => return,
                Err(reason) => refused = reason,
            }
        }
        panic!("{place}: the session cannot be finished: {refused}");
    }
}

/// Asks how far the upload got and sends the rest; what the last answer was, if it was not the 201.
async fn finish(client: &Client, image: &Image, location: &str, end: u64, place: &str) -> Result<(), String> {
    let (status, headers, _) = client.call("GET", location, b"").await.expect("an answer");
    // The PUT that was cut off may have done its work: then the session is gone and the blob is there.
    if status == 404 {
        let uri = format!("/v2/lab/app/blobs/{}", digest(&image.large));
        let blob = client.call("HEAD", &uri, b"").await.expect("an answer").0;
        assert_eq!(blob, 200, "{place}: neither session nor blob");
        return Ok(());
    }
    assert_eq!(status, 204, "{place}: the session");
    let range = headers.get("range").expect("a Range").to_str().expect("ASCII");
    let held: u64 = range.strip_prefix("0-").expect("0-<end>").parse().expect("a number");
    assert!(held >= end, "{place}: {held} of {end} acknowledged bytes");
    let location = headers.get("location").expect("a Location").to_str().expect("ASCII").to_owned();
    let rest = &image.large[usize::try_from(held).expect("small") + 1..];
    let (status, _, body) = client.call("PUT", &with_digest(&location, &image.large), rest).await.expect("an answer");
    if status == 201 { Ok(()) } else { Err(format!("{status} {}", String::from_utf8_lossy(&body))) }
}

#[test]
fn no_storage_call_of_a_push_is_a_bad_moment_to_die() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let image = Image::new();
        for at in ["before", "reply"] {
            let mut killed = 0;
            for nth in 1..MOST_CALLS {
                let world = World::new();
                world.hang_at(nth, at);
                let (mut registry, client) = world.registry();
                let mut told = Acknowledged::default();
                let whole = tokio::select! {
                    biased;
                    () = world.struck() => false,
                    whole = client.push(&image, &mut told) => whole,
                };
                let place = format!("killed at storage call {nth}, {at}; {told:?}");
                registry.kill();
                world.mock.injector().clear();
                let (_again, client) = world.registry();
                assert_kept(&client, &image, &told, &place).await;
                if whole {
                    break;
                }
                killed += 1;
                // The client's next try, from the start, works.
                assert!(client.push(&image, &mut Acknowledged::default()).await, "{place}: a new push");
            }
            assert!((15..MOST_CALLS - 1).contains(&killed), "{killed} storage calls of a push ({at})");
        }
    });
}
