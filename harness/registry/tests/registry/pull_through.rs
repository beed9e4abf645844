//! The registry as a pull-through cache of another one: what is fetched once, what is kept, what is passed on (incidents H04-H08).

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join_all;
use http::{Method, StatusCode};
use shakedown_oci::Digest;
use shakedown_registry::life::Untagged;
use shakedown_registry::{DefectSet, Registry, Secret, UpstreamConfig, UpstreamCredentials};
use shakedown_wire::{Body, Party, Request, Response, WireError};

use crate::life::{DAY, gc};
use crate::support::{Lab, Reply, Tap, call, manifest, response, tapped};

const BIG: usize = 400 << 10;
const HTML: &str = "<html>portal</html>";

/// A cache, its upstream, and what the upstream was asked.
struct Through {
    upstream: Lab,
    cache: Lab,
    registry: Registry,
    asked: Arc<Mutex<Vec<String>>>,
    down: Arc<AtomicBool>,
}

impl Through {
    fn new(defects: DefectSet) -> Self {
        Self::behind(defects, |_| Tap::Pass)
    }

    /// With a tap before the upstream.
    fn behind(defects: DefectSet, tap: impl Fn(&Request) -> Tap + Send + Sync + 'static) -> Self {
        let upstream = Lab::new();
        let cache = Lab::with(|config| {
            config.defects = defects;
            config.storage.part_size = 64 << 10;
            let credentials = UpstreamCredentials::Basic { username: "cache".into(), password: Secret::new("hunter2") };
            config.upstream = Some(UpstreamConfig { base: "http://upstream.test".parse().unwrap(), credentials });
        });
        let (asked, down) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (list, is_down) = (asked.clone(), down.clone());
        let (there, _) = tapped(upstream.registry.party(), move |_, request| {
            list.lock().unwrap().push(format!("{} {}", request.method(), request.uri().path()));
            if is_down.load(Ordering::Relaxed) { Tap::Refuse } else { tap(request) }
        });
        let store = cache.s3.party();
        let network = Party::from_fn(move |request: Request| {
            let is_upstream = request.uri().host() == Some("upstream.test");
            let party = if is_upstream { there.clone() } else { store.clone() };
            async move { party.send(request).await }
        });
        let registry = cache.replica_through(network);
        Self { upstream, cache, registry, asked, down }
    }

    async fn call(&self, method: Method, path: &str) -> Result<Reply, WireError> {
        call(&self.registry.party(), method, path, &[], Body::empty()).await
    }

    async fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, path).await.unwrap()
    }

    /// Puts an image with one large and one small blob upstream; the paths of all its parts, with their bytes.
    async fn image(&self, name: &str) -> Vec<(String, Vec<u8>)> {
        let big: Vec<u8> = (0..BIG).map(|at| u8::try_from(at % 251).unwrap()).collect();
        let config = self.upstream.push_blob(name, b"{}").await;
        let layer = self.upstream.push_blob(name, &big).await;
        let bytes = manifest(&config, &layer, BIG);
        assert_eq!(self.upstream.put_manifest(name, "1", &bytes).await.status, StatusCode::CREATED);
        self.asked.lock().unwrap().clear();
        let blob = |digest: &Digest| format!("/v2/{name}/blobs/{digest}");
        vec![(format!("/v2/{name}/manifests/1"), bytes), (blob(&config), b"{}".to_vec()), (blob(&layer), big)]
    }

    /// How often the upstream was asked so.
    fn count(&self, what: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|line| line.contains(what)).count()
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_pulled_once_is_here() {
    let through = Through::new(DefectSet::none());
    let image = through.image("lab/app").await;
    for round in 0..2 {
        for (path, bytes) in &image {
            let reply = through.get(path).await;
            assert_eq!((reply.status, &reply.body[..]), (StatusCode::OK, &bytes[..]), "{round} {path}");
            assert_eq!(reply.header("docker-content-digest"), Digest::of(bytes).to_string());
            let head = through.call(Method::HEAD, path).await.unwrap();
            assert_eq!(head.header("content-length"), bytes.len().to_string(), "{path}");
        }
    }
    assert_eq!(through.count("GET"), 3, "{:?}", through.asked);
    assert_eq!(through.count("HEAD /v2/lab/app/manifests/1"), 4, "a tag is asked for each time");
    through.down.store(true, Ordering::Relaxed);
    for (path, bytes) in &image {
        assert_eq!(through.get(path).await.body, bytes, "H08: with the upstream down");
    }
    assert_eq!(through.get("/v2/lab/app/manifests/2").await.status, StatusCode::BAD_GATEWAY, "H08: not cached");
    // The tag moves.
    through.down.store(false, Ordering::Relaxed);
    let other = through.upstream.push_image("lab/app", "1").await;
    assert_eq!(through.get(&image[0].0).await.body, other);
    assert_eq!(through.upstream.put_manifest("lab/app", "1", &image[0].1).await.status, StatusCode::CREATED);
    assert_eq!(through.get(&image[0].0).await.body, image[0].1, "back to one that is here");
    assert_eq!(through.get("/v2/lab/app/manifests/none").await.code(), "MANIFEST_UNKNOWN");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_pushed_to_a_copy() {
    let through = Through::new(DefectSet::none());
    let digest = Digest::of(b"x");
    for (method, path) in [
        (Method::POST, "/v2/lab/app/blobs/uploads/".to_owned()),
        (Method::PUT, "/v2/lab/app/manifests/1".to_owned()),
        (Method::DELETE, format!("/v2/lab/app/blobs/{digest}")),
    ] {
        let reply = through.call(method, &path).await.unwrap();
        assert_eq!((reply.status, reply.code().as_str()), (StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED"), "{path}");
        assert_eq!(reply.header("allow"), "GET, HEAD");
    }
    assert_eq!(through.count(""), 0);
}

/// How often the upstream is asked for a blob that four clients pull at once.
async fn stampede(defects: DefectSet) -> usize {
    let through = Through::new(defects);
    let image = through.image("lab/app").await;
    for (path, bytes) in &image[1..] {
        for reply in join_all((0..4).map(|_| through.get(path))).await {
            assert_eq!((reply.status, &reply.body[..]), (StatusCode::OK, &bytes[..]));
        }
    }
    through.count("GET")
}

#[tokio::test(start_paused = true)]
async fn one_transfer_serves_all_who_wait() {
    assert_eq!(stampede(DefectSet::none()).await, 2);
}

/// The bytes of blobs in ten frames, one each second.
fn slowly(request: &Request) -> Tap {
    if request.method() != Method::GET || !request.uri().path().contains("/blobs/") {
        return Tap::Pass;
    }
    let big: Vec<u8> = (0..BIG).map(|at| u8::try_from(at % 251).unwrap()).collect();
    let frames: Vec<_> = big.chunks(BIG / 10).map(|frame| Ok(frame.to_vec().into())).collect();
    let frames = futures_util::stream::iter(frames).then(|frame| async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        frame
    });
    let answer = http::Response::builder().header("content-length", BIG).body(Body::sized(BIG as u64, frames));
    Tap::Answer(Box::new(answer.unwrap()))
}

#[tokio::test(start_paused = true)]
async fn who_asked_first_sees_bytes_come_and_may_leave() {
    let through = Through::behind(DefectSet::none(), slowly);
    let image = through.image("lab/app").await;
    let (path, bytes) = &image[2];
    let began = tokio::time::Instant::now();
    let request = http::Request::get(format!("http://cache.test{path}")).body(Body::empty()).unwrap();
    let mut body = through.registry.party().send(request).await.unwrap().into_body();
    assert_eq!(body.next().await.unwrap().unwrap(), bytes[..BIG / 10]);
    assert!(began.elapsed() < Duration::from_secs(5), "it is streamed while it is stored");
    drop(body);
    assert_eq!(through.get(path).await.body, bytes, "who waits gets it all the same");
    assert_eq!(through.count("GET"), 1, "the transfer went on");
}

#[tokio::test(start_paused = true)]
async fn who_reads_nothing_holds_up_nobody() {
    let through = Through::behind(DefectSet::none(), slowly);
    let image = through.image("lab/app").await;
    let (path, bytes) = &image[2];
    let request = http::Request::get(format!("http://cache.test{path}")).body(Body::empty()).unwrap();
    let asleep = through.registry.party().send(request).await.unwrap().into_body();
    assert_eq!(through.get(path).await.body, bytes);
    assert_eq!(through.count("GET"), 1);
    assert!(asleep.collect(BIG).await.is_err(), "its connection breaks: its bytes are not kept for it");
}

/// An answer for blobs that is not theirs.
fn spoiled(how: &'static str) -> Tap {
    let long = || Body::stream(futures_util::stream::iter([Ok(vec![7_u8; BIG].into())]));
    let answer = http::Response::builder().status(200).header("content-length", BIG);
    let answer = match how {
        "page" => return Tap::Answer(response(200, "text/html", HTML)),
        "untyped page" => return Tap::Answer(response(200, "application/octet-stream", HTML)),
        "wrong bytes" => answer.body(long()),
        "cut" => {
            let frames = [Ok(vec![1_u8; 1000].into()), Ok(vec![1_u8; 1000].into()), Err(WireError::Reset)];
            answer.body(Body::stream(futures_util::stream::iter(frames)))
        }
        "compressed" => answer.header("content-encoding", "gzip").body(long()),
        other => panic!("{other}"),
    };
    Tap::Answer(Box::new(answer.unwrap()))
}

#[tokio::test(start_paused = true)]
async fn what_is_not_the_blob_is_neither_served_nor_kept() {
    for how in ["page", "untyped page", "wrong bytes", "cut", "compressed"] {
        let spoils = Arc::new(AtomicBool::new(true));
        let on = spoils.clone();
        let through = Through::behind(DefectSet::none(), move |request| {
            let is_blob = request.method() == Method::GET && request.uri().path().contains("/blobs/");
            if is_blob && on.load(Ordering::Relaxed) { spoiled(how) } else { Tap::Pass }
        });
        let image = through.image("lab/app").await;
        match through.call(Method::GET, &image[2].0).await {
            Ok(reply) => {
                assert_eq!((reply.status, reply.code().as_str()), (StatusCode::BAD_GATEWAY, "UNAVAILABLE"), "{how}")
            }
            Err(error) => assert!(["wrong bytes", "cut"].contains(&how), "{how}: {error}"),
        }
        tokio::time::sleep(Duration::from_secs(60)).await;
        let left = through.cache.s3.admin().list("lab", "docker/registry/v2/");
        assert!(left.is_empty(), "{how}: {left:?}");
        spoils.store(false, Ordering::Relaxed);
        assert_eq!(through.get(&image[2].0).await.body, image[2].1, "{how}: the next pull is whole");
    }
}

/// What a client gets for each kind of trouble: of a manifest, of a blob.
async fn troubled(defects: DefectSet, tap: fn(&Request) -> Tap, cached: bool) -> [Reply; 2] {
    let troubled = Arc::new(AtomicBool::new(false));
    let on = troubled.clone();
    let through =
        Through::behind(defects, move |request| if on.load(Ordering::Relaxed) { tap(request) } else { Tap::Pass });
    let image = through.image("lab/app").await;
    if cached {
        through.get(&image[0].0).await;
    }
    troubled.store(true, Ordering::Relaxed);
    [through.get(&image[0].0).await, through.get(&image[1].0).await]
}

fn page(status: u16) -> Tap {
    Tap::answer(status, "text/html", HTML)
}

fn refused(status: u16) -> Tap {
    let mut answer =
        *response(status, "application/json", r#"{"errors":[{"code":"DENIED","message":"secret words"}]}"#);
    answer.headers_mut().insert("retry-after", "7".parse().unwrap());
    Tap::Answer(Box::new(answer))
}

#[tokio::test(start_paused = true)]
async fn trouble_of_the_upstream_is_not_absence() {
    type Case = (&'static str, fn(&Request) -> Tap, u16, &'static str, bool);
    let cases: [Case; 9] = [
        ("429", |_| refused(429), 429, "7", true),
        ("503", |_| refused(503), 503, "7", true),
        ("500 in HTML", |_| page(500), 502, "", true),
        ("403 in HTML", |_| page(403), 502, "", true),
        ("200 in HTML", |_| page(200), 502, "", true),
        ("401", |_| refused(401), 403, "", false),
        ("403", |_| refused(403), 403, "", false),
        ("refused", |_| Tap::Refuse, 502, "", true),
        ("silence", |_| Tap::HangBefore, 504, "", true),
    ];
    for (what, tap, status, retry_after, may_be_cached) in cases {
        for reply in troubled(DefectSet::none(), tap, false).await {
            assert_eq!((reply.status.as_u16(), reply.header("retry-after")), (status, retry_after), "H06 {what}");
            let said = String::from_utf8_lossy(&reply.body).into_owned();
            assert!(!said.contains("upstream.test") && !said.contains("secret words"), "B13 {what}: {said}");
            assert_eq!(reply.header("www-authenticate"), "", "{what}");
        }
        let [cached, _] = troubled(DefectSet::none(), tap, true).await;
        assert_eq!(cached.status == StatusCode::OK, may_be_cached, "H08 {what}");
    }
    let [absent, blob] = troubled(DefectSet::none(), |_| refused(404), true).await;
    assert_eq!((absent.code(), blob.code()), ("MANIFEST_UNKNOWN".into(), "BLOB_UNKNOWN".into()), "gone is gone");
}

#[tokio::test(start_paused = true)]
async fn credentials_go_to_the_upstream_alone() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let list = seen.clone();
    let upstream = Party::from_fn(move |request: Request| {
        let sent = request.headers().get("authorization").map(|value| value.to_str().unwrap().to_owned());
        list.lock().unwrap().push((request.uri().host().unwrap().to_owned(), sent.clone()));
        async move {
            let answer = http::Response::builder();
            Ok::<Response, WireError>(match (request.uri().host(), sent) {
                (Some("elsewhere.test"), _) => {
                    answer.status(200).header("content-length", 2).body("{}".into()).unwrap()
                }
                (_, None) => {
                    answer.status(401).header("www-authenticate", "Basic realm=\"up\"").body(Body::empty()).unwrap()
                }
                _ => answer.status(307).header("location", "http://elsewhere.test/x").body(Body::empty()).unwrap(),
            })
        }
    });
    let through = Through::new(DefectSet::none());
    let store = through.cache.s3.party();
    let registry = through.cache.replica_through(Party::from_fn(move |request: Request| {
        let party = if request.uri().host() == Some("s3.test") { store.clone() } else { upstream.clone() };
        async move { party.send(request).await }
    }));
    let path = format!("/v2/lab/app/blobs/{}", Digest::of(b"{}"));
    let client = [("authorization", "Bearer of-the-client")];
    let reply = call(&registry.party(), Method::GET, &path, &client, Body::empty()).await.unwrap();
    assert_eq!((reply.status, &reply.body[..]), (StatusCode::OK, &b"{}"[..]));
    assert!(!format!("{reply:?}").contains("Basic"), "{reply:?}");
    let basic = Some("Basic Y2FjaGU6aHVudGVyMg==".to_owned());
    let here = "upstream.test".to_owned();
    assert_eq!(
        *seen.lock().unwrap(),
        [(here.clone(), None), (here, basic), ("elsewhere.test".to_owned(), None)],
        "the client's never, the cache's to its upstream only"
    );
}

/// Two repositories share a layer; it expires for the first. What the second gets afterwards without the upstream.
async fn expired(defects: DefectSet) -> (Through, StatusCode) {
    let through = Through::new(defects);
    let python = through.image("lab/python").await;
    let node = through.image("lab/node").await;
    for (path, _) in &python {
        assert_eq!(through.get(path).await.status, StatusCode::OK);
    }
    tokio::time::sleep(4 * DAY).await;
    for (path, _) in &node {
        assert_eq!(through.get(path).await.status, StatusCode::OK);
    }
    assert_eq!(through.count("GET /v2/lab/node/blobs/"), 0, "its blobs are here; the upstream only says that it may");
    assert_eq!(through.count("HEAD /v2/lab/node/blobs/"), 2);
    tokio::time::sleep(4 * DAY).await;
    let report = through.registry.expire(7 * DAY, &|_| {}).await.unwrap();
    assert_eq!((report.blobs_expired, report.manifests_expired, report.tags_expired), (2, 1, 1));
    gc(&through.registry, Untagged::Keep).await.unwrap();
    through.down.store(true, Ordering::Relaxed);
    let reply = through.get(&node[2].0).await;
    assert!(reply.status != StatusCode::OK || reply.body == node[2].1);
    let status = reply.status;
    (through, status)
}

#[tokio::test(start_paused = true)]
async fn expiry_takes_from_one_repository_what_another_keeps() {
    let (through, status) = expired(DefectSet::none()).await;
    assert_eq!(status, StatusCode::OK, "H04");
    assert_eq!(through.get("/v2/lab/python/manifests/1").await.status, StatusCode::BAD_GATEWAY);
    through.down.store(false, Ordering::Relaxed);
    assert_eq!(through.get("/v2/lab/python/manifests/1").await.status, StatusCode::OK, "fetched again");
    assert_eq!(through.registry.expire(7 * DAY, &|_| {}).await.unwrap().blobs_expired, 0);
}

#[tokio::test(start_paused = true)]
async fn what_a_young_manifest_references_stays_however_old() {
    let through = Through::new(DefectSet::none());
    let first = through.image("lab/app").await;
    for (path, _) in &first {
        through.get(path).await;
    }
    tokio::time::sleep(8 * DAY).await;
    // The same blobs in another manifest: the links are not written again.
    let second = String::from_utf8(first[0].1.clone()).unwrap().replacen('{', "{ ", 1);
    through.upstream.put_manifest("lab/app", "2", second.as_bytes()).await;
    assert_eq!(through.get("/v2/lab/app/manifests/2").await.status, StatusCode::OK);
    let report = through.registry.expire(7 * DAY, &|_| {}).await.unwrap();
    assert_eq!((report.blobs_expired, report.manifests_expired, report.tags_expired), (0, 1, 1), "{report:?}");
}

/// Whether a registry with these defects is wrong in the way of `upstream-errors-are-404`.
pub async fn errors_are_404(defects: DefectSet) -> bool {
    troubled(defects, |_| refused(429), false).await[0].status == StatusCode::NOT_FOUND
}

/// As above, for `upstream-believed`.
pub async fn believed(defects: DefectSet) -> bool {
    troubled(defects, |_| page(200), false).await[1].body == HTML
}

/// As above, for `upstream-fetched-per-client`.
pub async fn fetched_per_client(defects: DefectSet) -> bool {
    stampede(defects).await > 2
}

/// As above, for `upstream-needed-for-cached`.
pub async fn needed_for_cached(defects: DefectSet) -> bool {
    troubled(defects, |_| Tap::Refuse, true).await[0].status != StatusCode::OK
}

/// As above, for `expiry-takes-shared-data`.
pub async fn expiry_takes(defects: DefectSet) -> bool {
    expired(defects).await.1 != StatusCode::OK
}
