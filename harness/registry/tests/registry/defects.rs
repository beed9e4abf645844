//! Every seeded defect is wrong in its way, and the registry without it is not.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use http::{Method, StatusCode};
use serde_json::json;
use shakedown_oci::Digest;
use shakedown_registry::defects::{self, Defect};
use shakedown_registry::life::{PurgePolicy, Untagged};
use shakedown_registry::{Cache, Credentials, DefectSet, SharedCredentials};
use shakedown_s3::Credential;
use shakedown_wire::{Body, Party, Request};
use tokio::time::timeout;

use crate::defect_worlds as worlds;
use crate::life::{DAY, gc, index, put_index};
use crate::pull_through as through;
use crate::support::{BUCKET, Lab, Reply, Tap, call, response, tapped};

const HTML: &str = "<html><body>sign in</body></html>";
pub const SLOW_DOWN: &str = "<Error><Code>SlowDown</Code></Error>";
const DENIED: &str = "<Error><Code>AccessDenied</Code></Error>";
const NO_KEY: &str = "<Error><Code>NoSuchKey</Code></Error>";

type Probe = fn(DefectSet) -> Pin<Box<dyn Future<Output = bool>>>;

/// A registry with small parts and these defects, behind a tap.
pub fn lab(defects: DefectSet) -> Lab {
    Lab::with(|config| {
        config.storage.part_size = 1024;
        config.defects = defects;
    })
}

pub fn behind(lab: &Lab, tap: impl Fn(&Request) -> Option<Tap> + Send + Sync + 'static) -> Party {
    let (storage, _) = tapped(lab.s3.party(), move |_, request| tap(request).unwrap_or(Tap::Pass));
    lab.replica_through(storage).party()
}

pub fn is(request: &Request, method: Method, part: &str) -> bool {
    request.method() == method && request.uri().to_string().contains(part)
}

async fn get(registry: &Party, path: &str) -> Reply {
    call(registry, Method::GET, path, &[], Body::empty()).await.unwrap()
}

async fn head(registry: &Party, path: &str) -> StatusCode {
    call(registry, Method::HEAD, path, &[], Body::empty()).await.unwrap().status
}

/// POST, PATCH, PUT; the last status.
async fn push(registry: &Party, bytes: &[u8]) -> StatusCode {
    let start = call(registry, Method::POST, "/v2/lab/app/blobs/uploads/", &[], Body::empty()).await.unwrap();
    if start.status != StatusCode::ACCEPTED {
        return start.status;
    }
    let patched = call(registry, Method::PATCH, start.header("location"), &[], bytes.to_vec()).await.unwrap();
    if patched.status != StatusCode::ACCEPTED {
        return patched.status;
    }
    let put = format!("{}&digest={}", patched.header("location"), Digest::of(bytes));
    call(registry, Method::PUT, &put, &[], Body::empty()).await.unwrap().status
}

pub fn blob(bytes: &[u8]) -> String {
    format!("/v2/lab/app/blobs/{}", Digest::of(bytes))
}

macro_rules! probes {
    ($($id:literal: |$defects:ident| $body:block)+) => {
        /// Each says whether the registry is wrong in this way.
        const PROBES: &[(&str, Probe)] = &[$(($id, |$defects| Box::pin(async move $body))),+];
    };
}

probes! {
    "find-upload-by-listing": |defects| {
        let lab = lab(defects);
        let empty = "<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>";
        let registry = behind(&lab, move |request| is(request, Method::GET, "uploads=").then(|| Tap::answer(200, "application/xml", empty)));
        push(&registry, b"x").await == StatusCode::INTERNAL_SERVER_ERROR
    }
    "endless-upload-listing": |defects| {
        let lab = lab(defects);
        let stuck = "<ListMultipartUploadsResult><IsTruncated>true</IsTruncated><NextKeyMarker>k</NextKeyMarker><NextUploadIdMarker>u</NextUploadIdMarker></ListMultipartUploadsResult>";
        let asked = Arc::new(std::sync::atomic::AtomicU64::new(0));
        let seen = asked.clone();
        let registry = behind(&lab, move |request| {
            is(request, Method::GET, "uploads=").then(|| match seen.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
                0..100 => Tap::answer(200, "application/xml", stuck),
                _ => Tap::HangBefore,
            })
        });
        let _ = tokio::time::timeout(Duration::from_secs(5), push(&registry, b"x")).await;
        asked.load(std::sync::atomic::Ordering::Relaxed) > 100
    }
    "uploads-listed-by-directory": |defects| {
        let lab = lab(defects);
        push(&behind(&lab, |request| is(request, Method::GET, "prefix=docker").then(|| {
            let by_directory = request.uri().to_string().contains("%2F&uploads") || request.uri().to_string().ends_with("%2F");
            if by_directory { Tap::answer(200, "application/xml", "<ListMultipartUploadsResult/>") } else { Tap::Pass }
        })), b"x").await != StatusCode::CREATED
    }
    "first-upload-of-key": |defects| {
        let lab = lab(defects);
        let location = lab.start("lab/app").await;
        let id = location.split(['/', '?']).nth(6).unwrap().to_owned();
        // Ids are made of a counter and so sort by age: the stranger's comes first when ours is made after it.
        let key = format!("docker/registry/v2/repositories/lab/app/_uploads/{id}/data");
        for upload in lab.s3.admin().uploads(BUCKET) {
            lab.s3.admin().abort_upload(BUCKET, &upload.key, &upload.upload_id).unwrap();
        }
        let stranger = lab.s3.admin().seed_upload(BUCKET, &key, Vec::new()).await.unwrap();
        lab.patch(&location, &[1; 3000]).await;
        lab.s3.admin().uploads(BUCKET).iter().any(|upload| upload.upload_id == stranger && !upload.parts.is_empty())
    }
    "session-not-retried": |defects| {
        let lab = lab(defects);
        let times = std::sync::atomic::AtomicU64::new(0);
        let registry = behind(&lab, move |request| {
            let first = is(request, Method::GET, "/session") && times.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0;
            first.then(|| Tap::answer(404, "application/xml", NO_KEY))
        });
        push(&registry, b"x").await == StatusCode::NOT_FOUND
    }
    "session-overwritten": |defects| {
        let lab = lab(defects);
        let inner = lab.s3.party();
        let storage = Party::from_fn(move |request| {
            let inner = inner.clone();
            async move {
                tokio::time::sleep(Duration::from_millis(10)).await;
                inner.send(request).await
            }
        });
        let location = lab.start("lab/app").await;
        let (one, two) = (lab.replica_through(storage.clone()).party(), lab.replica_through(storage).party());
        let patch = |registry: Party, bytes: &'static str| {
            let location = location.clone();
            async move { call(&registry, Method::PATCH, &location, &[], bytes).await.unwrap().status }
        };
        tokio::join!(patch(one, "left"), patch(two, "right")) == (StatusCode::ACCEPTED, StatusCode::ACCEPTED)
    }
    "waits-for-ever": |defects| {
        let lab = lab(defects);
        let location = lab.start("lab/app").await;
        let silent = Body::sized(9, futures_util::stream::once(async { Ok("x".into()) }).chain(futures_util::stream::pending()));
        timeout(DAY, call(&lab.registry.party(), Method::PATCH, &location, &[], silent)).await.is_err()
    }
    "patch-acks-before-stored": |defects| {
        let lab = lab(defects);
        let registry = behind(&lab, |request| is(request, Method::PUT, "partNumber").then(|| Tap::answer(403, "application/xml", DENIED)));
        let location = lab.start("lab/app").await;
        call(&registry, Method::PATCH, &location, &[], vec![1; 3000]).await.unwrap().status == StatusCode::ACCEPTED
    }
    "list-based-stat": |defects| {
        let lab = lab(defects);
        lab.push_blob("lab/app", b"x").await;
        let registry = behind(&lab, |request| is(request, Method::GET, "list-type").then(|| Tap::answer(200, "application/xml", "<ListBucketResult/>")));
        head(&registry, &blob(b"x")).await == StatusCode::NOT_FOUND
    }
    "complete-200-is-success": |defects| {
        let lab = lab(defects);
        let registry = behind(&lab, |request| is(request, Method::POST, "data?uploadId").then(|| Tap::answer(200, "application/xml", SLOW_DOWN)));
        push(&registry, &[1; 3000]).await == StatusCode::CREATED
    }
    "lost-complete-reply": |defects| {
        let lab = lab(defects);
        lab.s3.configure(|config| config.complete_idempotent = false);
        let lost = std::sync::atomic::AtomicBool::new(false);
        let registry = behind(&lab, move |request| {
            let first = is(request, Method::POST, "data?uploadId") && !lost.swap(true, std::sync::atomic::Ordering::Relaxed);
            first.then(|| Tap::AnswerApplied(response(503, "application/xml", SLOW_DOWN)))
        });
        push(&registry, &[1; 3000]).await != StatusCode::CREATED
    }
    "empty-complete": |defects| {
        push(&lab(defects).registry.party(), b"").await != StatusCode::CREATED
    }
    "trust-200-copy": |defects| {
        let lab = lab(defects);
        let registry = behind(&lab, |request| request.headers().contains_key("x-amz-copy-source").then(|| Tap::answer(200, "text/html", HTML)));
        push(&registry, &[1; 3000]).await == StatusCode::CREATED && lab.head(&blob(&[1; 3000])).await.status == StatusCode::NOT_FOUND
    }
    "links-not-verified": |defects| {
        let lab = lab(defects);
        let once = std::sync::atomic::AtomicBool::new(false);
        let registry = behind(&lab, move |request| {
            let first = is(request, Method::PUT, "/link") && !once.swap(true, std::sync::atomic::Ordering::Relaxed);
            first.then(|| Tap::answer(200, "text/html", HTML))
        });
        push(&registry, b"x").await == StatusCode::CREATED && lab.head(&blob(b"x")).await.status == StatusCode::NOT_FOUND
    }
    "fail-on-cleanup-error": |defects| {
        let lab = lab(defects);
        let registry = behind(&lab, |request| is(request, Method::POST, "delete").then(|| Tap::answer(403, "application/xml", DENIED)));
        push(&registry, b"x").await == StatusCode::INTERNAL_SERVER_ERROR
    }
    "one-page-of-parts": |defects| {
        let lab = lab(defects);
        lab.s3.configure(|config| config.limits.max_keys = 2);
        let location = lab.start("lab/app").await;
        let patched = lab.patch(&location, &[1; 5000]).await;
        lab.get(patched.header("location")).await.header("range") != "0-4999"
    }
    "parts-without-limit": |defects| {
        let lab = Lab::with(|config| {
            config.storage.part_size = 1024;
            config.storage.max_parts = 5;
            config.defects = defects;
        });
        lab.s3.configure(|config| config.limits.max_parts = 5);
        push(&lab.registry.party(), &[1; 9000]).await != StatusCode::CREATED
    }
    "unequal-parts": |defects| {
        let lab = Lab::with(|config| config.defects = defects);
        lab.s3.configure(|config| config.limits.equal_parts = true);
        let mut location = lab.start("lab/app").await;
        let mut whole = Vec::new();
        for size in [6 << 20, 7 << 20, 9 << 20] {
            location = lab.patch(&location, &vec![1; size]).await.header("location").to_owned();
            whole.extend(vec![1; size]);
        }
        lab.put(&location, &Digest::of(&whole), b"").await.status != StatusCode::CREATED
    }
    "goes-on-without-client": |defects| {
        let lab = lab(defects);
        let storage = lab.s3.party();
        let slow = Party::from_fn(move |request: Request| {
            let storage = storage.clone();
            async move {
                tokio::time::sleep(Duration::from_secs(1)).await;
                storage.send(request).await
            }
        });
        let party = lab.replica_through(slow).party();
        let _ = tokio::time::timeout(Duration::from_millis(1500), push(&party, b"x")).await;
        let before = lab.s3.recorder().exchanges().len();
        tokio::time::sleep(Duration::from_secs(60)).await;
        lab.s3.recorder().exchanges().len() > before
    }
    "repeated-commit-unknown": |defects| {
        let lab = lab(defects);
        let location = lab.start("lab/app").await;
        lab.put(&location, &Digest::of(b"x"), b"x").await;
        lab.put(&location, &Digest::of(b"x"), b"x").await.status == StatusCode::NOT_FOUND
    }
    "strict-xml-404": |defects| {
        let registry = behind(&lab(defects), |_| Some(Tap::answer(404, "text/html", HTML)));
        head(&registry, &blob(b"x")).await == StatusCode::INTERNAL_SERVER_ERROR
    }
    "denied-is-absent": |defects| {
        let registry = behind(&lab(defects), |_| Some(Tap::answer(403, "application/xml", DENIED)));
        head(&registry, &blob(b"x")).await == StatusCode::NOT_FOUND
    }
    "denied-is-passed-on": |defects| {
        let registry = behind(&lab(defects), |_| Some(Tap::answer(403, "application/xml", DENIED)));
        head(&registry, &blob(b"x")).await == StatusCode::FORBIDDEN
    }
    "unreachable-is-absent": |defects| {
        let registry = behind(&lab(defects), |_| Some(Tap::Lose));
        head(&registry, &blob(b"x")).await == StatusCode::NOT_FOUND
    }
    "no-retry": |defects| {
        let once = std::sync::atomic::AtomicBool::new(false);
        let registry = behind(&lab(defects), move |_| {
            (!once.swap(true, std::sync::atomic::Ordering::Relaxed)).then(|| Tap::answer(503, "application/xml", SLOW_DOWN))
        });
        push(&registry, b"x").await != StatusCode::CREATED
    }
    "retries-forever": |defects| {
        let registry = behind(&lab(defects), |_| Some(Tap::answer(503, "application/xml", SLOW_DOWN)));
        tokio::time::timeout(Duration::from_secs(600), head(&registry, &blob(b"x"))).await.is_err()
    }
    "list-200-html-is-empty": |defects| {
        let lab = lab(defects);
        lab.push_image("lab/app", "v1").await;
        let registry = behind(&lab, |request| is(request, Method::GET, "list-type").then(|| Tap::answer(200, "text/html", HTML)));
        !get(&registry, "/v2/_catalog").await.status.is_server_error()
    }
    "create-200-html-panics": |defects| {
        let lab = lab(defects);
        let registry = behind(&lab, |request| is(request, Method::POST, "uploads=").then(|| Tap::answer(200, "text/html", HTML)));
        let location = lab.start("lab/app").await;
        call(&registry, Method::PATCH, &location, &[], vec![1; 3000]).await.is_err()
    }
    "html-link-is-absent": |defects| {
        let lab = lab(defects);
        let registry = behind(&lab, |request| {
            is(request, Method::GET, "/link").then(|| Tap::answer(200, "text/html", HTML))
        });
        head(&registry, &blob(b"x")).await == StatusCode::NOT_FOUND
    }
    "broken-list-is-whole": |defects| {
        let lab = lab(defects);
        let cut = "<ListBucketResult><CommonPrefixes><Prefix>docker/registry/v2/repositories/lab/app/_manifests/tags/v1/</Prefix></CommonPrefixes><Comm";
        let registry = behind(&lab, move |request| is(request, Method::GET, "list-type").then(|| Tap::answer(200, "application/xml", cut)));
        get(&registry, "/v2/lab/app/tags/list").await.status == StatusCode::OK
    }
    "storage-error-is-blob-unknown": |defects| {
        let lab = lab(defects);
        let bytes = lab.push_image("lab/app", "v1").await;
        let registry = behind(&lab, |request| is(request, Method::GET, "_layers").then(|| Tap::answer(403, "application/xml", DENIED)));
        let headers = [("content-type", shakedown_oci::media_type::OCI_MANIFEST)];
        call(&registry, Method::PUT, "/v2/lab/app/manifests/v2", &headers, bytes).await.unwrap().status == StatusCode::BAD_REQUEST
    }
    "repeats-with-spent-body": |defects| {
        let (lab, first) = (lab(defects), AtomicBool::new(true));
        let registry = behind(&lab, move |request| {
            let strikes = request.method() == Method::PUT && first.swap(false, Ordering::Relaxed);
            strikes.then(|| Tap::answer(503, "application/xml", SLOW_DOWN))
        });
        let begun = call(&registry, Method::POST, "/v2/lab/app/blobs/uploads/", &[], Body::empty()).await.unwrap();
        begun.status.is_server_error()
    }
    "no-credential-refresh": |defects| {
        let keys = SharedCredentials::new("OLD", "SK");
        let lab = Lab::with(|config| {
            config.storage.credentials = Arc::new(keys.clone());
            config.defects = defects;
        });
        lab.s3.admin().set_credentials(vec![Credential::new("NEW", "SK2")]);
        let registry = behind(&lab, move |request| {
            let old = request.headers()["authorization"].to_str().unwrap().contains("=OLD/");
            keys.replace(Credentials { access_key: "NEW".into(), secret_key: "SK2".into(), session_token: None });
            old.then(|| Tap::answer(400, "application/xml", "<Error><Code>ExpiredToken</Code></Error>"))
        });
        head(&registry, &blob(b"x")).await == StatusCode::INTERNAL_SERVER_ERROR
    }
    "health-follows-storage": |defects| {
        let registry = behind(&lab(defects), |_| Some(Tap::answer(403, "application/xml", DENIED)));
        head(&registry, &blob(b"x")).await;
        head(&registry, &blob(b"x")).await;
        get(&registry, "/v2/").await.status == StatusCode::SERVICE_UNAVAILABLE
    }
    "leaks-storage-errors": |defects| {
        let registry = behind(&lab(defects), |_| Some(Tap::answer(403, "application/xml", DENIED)));
        String::from_utf8_lossy(&get(&registry, &blob(b"x")).await.body).contains("AccessDenied")
    }
    "redirect-always": |defects| {
        let lab = lab(defects);
        lab.push_blob("lab/app", b"x").await;
        lab.get(&blob(b"x")).await.status == StatusCode::TEMPORARY_REDIRECT
    }
    "errors-cacheable": |defects| {
        let lab = lab(defects);
        let answer = call(&lab.registry.party(), Method::GET, &blob(b"x"), &[], Body::empty()).await.unwrap();
        !answer.headers.contains_key("cache-control")
    }
    "content-range-ignored": |defects| {
        let lab = lab(defects);
        let location = lab.start("lab/app").await;
        lab.call(Method::PATCH, &location, &[("content-range", "20-20")], "x").await.status == StatusCode::ACCEPTED
    }
    "range-with-unit": |defects| {
        let lab = lab(defects);
        let location = lab.start("lab/app").await;
        lab.patch(&location, b"abc").await.header("range").starts_with("bytes=")
    }
    "range-not-cumulative": |defects| {
        let lab = lab(defects);
        let location = lab.start("lab/app").await;
        let first = lab.patch(&location, b"abc").await;
        lab.patch(first.header("location"), b"defg").await.header("range") != "0-6"
    }
    "digest-not-checked": |defects| {
        let lab = lab(defects);
        let location = lab.start("lab/app").await;
        lab.put(&location, &Digest::of(b"other"), b"x").await.status == StatusCode::CREATED
    }
    "wrong-digest-kills-session": |defects| {
        let lab = lab(defects);
        let location = lab.start("lab/app").await;
        lab.put(&location, &Digest::of(b"other"), b"x").await;
        lab.put(&location, &Digest::of(b"x"), b"x").await.status == StatusCode::NOT_FOUND
    }
    "location-from-host": |defects| {
        lab(defects).start("lab/app").await.starts_with("http://")
    }
    "headers-before-first-byte": |defects| {
        let lab = lab(defects);
        lab.push_blob("lab/app", b"x").await;
        let registry = behind(&lab, |request| is(request, Method::GET, "/data").then(|| Tap::answer(404, "application/xml", NO_KEY)));
        call(&registry, Method::GET, &blob(b"x"), &[], Body::empty()).await.is_err()
    }
    "pads-cut-bodies": |defects| {
        let (bytes, whole) = worlds::read_cut(defects).await;
        whole && bytes.len() == 100
    }
    "error-inside-body": |defects| {
        let (bytes, whole) = worlds::read_cut(defects).await;
        !whole && String::from_utf8_lossy(&bytes).contains("errors")
    }
    "expiry-takes-shared-data": |defects| { through::expiry_takes(defects).await }
    "upstream-errors-are-404": |defects| { through::errors_are_404(defects).await }
    "upstream-believed": |defects| { through::believed(defects).await }
    "upstream-fetched-per-client": |defects| { through::fetched_per_client(defects).await }
    "upstream-needed-for-cached": |defects| { through::needed_for_cached(defects).await }
    "stub-is-empty-blob": |defects| {
        let lab = lab(defects);
        let digest = lab.push_blob("lab/app", b"x").await;
        let key = format!("docker/registry/v2/blobs/sha256/{}/{}/data", &digest.hex()[..2], digest.hex());
        lab.s3.admin().put(BUCKET, &key, Body::empty()).await.unwrap();
        lab.get(&blob(b"x")).await.status == StatusCode::OK
    }
    "gc-without-grace": |defects| {
        let lab = lab(defects);
        lab.push_blob("lab/app", b"x").await;
        gc(&lab.registry, Untagged::Keep).await.unwrap();
        lab.head(&blob(b"x")).await.status == StatusCode::NOT_FOUND
    }
    "trusts-descriptor-cache": |defects| {
        let lab = Lab::with(|config| (config.cache, config.defects) = (Cache::Memory, defects));
        lab.push_blob("lab/app", b"x").await;
        assert_eq!(lab.head(&blob(b"x")).await.status, StatusCode::OK);
        lab.call(Method::DELETE, &blob(b"x"), &[], Body::empty()).await;
        lab.head(&blob(b"x")).await.status == StatusCode::OK
    }
    "waits-for-cache": |defects| {
        let server = Cache::Server("http://cache.test/".parse().unwrap());
        let lab = Lab::with(|config| (config.cache, config.defects) = (server, defects));
        lab.push_blob("lab/app", b"x").await;
        let registry = behind(&lab, |request| (request.uri().host() == Some("cache.test")).then_some(Tap::HangBefore));
        timeout(Duration::from_secs(60), head(&registry, &blob(b"x"))).await.is_err()
    }
    "gc-eats-list-children": |defects| {
        let lab = lab(defects);
        let child = lab.push_image("lab/app", "child").await;
        put_index(&lab, "list", &index(&[&child])).await;
        lab.call(Method::DELETE, "/v2/lab/app/manifests/child", &[], Body::empty()).await;
        tokio::time::sleep(DAY).await;
        gc(&lab.registry, Untagged::Remove).await.unwrap();
        lab.get(&format!("/v2/lab/app/manifests/{}", Digest::of(&child))).await.status == StatusCode::NOT_FOUND
    }
    "gc-unreadable-is-unreferenced": |defects| {
        let lab = lab(defects);
        lab.push_image("lab/app", "1").await;
        tokio::time::sleep(DAY).await;
        let (storage, _) = tapped(lab.s3.party(), |_, request| {
            if is(request, Method::GET, "/data") { Tap::answer(403, "application/xml", DENIED) } else { Tap::Pass }
        });
        let _ = gc(&lab.replica_through(storage), Untagged::Keep).await;
        lab.head(&blob(b"{}")).await.status == StatusCode::NOT_FOUND
    }
    "gc-stops-on-bad-link": |defects| {
        let lab = lab(defects);
        lab.push_image("lab/app", "1").await;
        let link = "docker/registry/v2/repositories/lab/app/_manifests/tags/1/current/link";
        lab.s3.admin().put(BUCKET, link, Body::empty()).await.unwrap();
        gc(&lab.registry, Untagged::Keep).await.is_err()
    }
    "purge-by-start": |defects| {
        let lab = lab(defects);
        let location = lab.start("lab/app").await;
        tokio::time::sleep(DAY).await;
        let patched = lab.patch(&location, b"abc").await;
        let policy = PurgePolicy { older_than: DAY, dry_run: false };
        lab.registry.purge_uploads(&policy, &|_| {}).await.unwrap();
        lab.put(patched.header("location"), &Digest::of(b"abc"), b"").await.status != StatusCode::CREATED
    }
    "notifies-in-request": |defects| {
        crate::notify::push_before_a_silent_sink(defects).await >= Duration::from_secs(2)
    }
    "manifests-not-verified": |defects| {
        let lab = lab(defects);
        let digest = Digest::of(&lab.push_image("lab/app", "1").await);
        let hex = digest.hex();
        lab.s3.admin().truncate(BUCKET, &format!("docker/registry/v2/blobs/sha256/{}/{hex}/data", &hex[..2]), 40).unwrap();
        lab.get("/v2/lab/app/manifests/1").await.status == StatusCode::OK
    }
    "missing-blobs-accepted": |defects| {
        let lab = lab(defects);
        let manifest = format!(r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{{"mediaType":"a/b","digest":"{}","size":1}},"layers":[]}}"#, Digest::of(b"x"));
        let head = [("content-type", "application/vnd.oci.image.manifest.v1+json")];
        call(&lab.registry.party(), Method::PUT, "/v2/lab/app/manifests/1", &head, manifest.into_bytes()).await.unwrap().status == StatusCode::CREATED
    }
    "expired-token-ends-upload": |defects| {
        worlds::upload_after_expired_token(defects).await == StatusCode::NOT_FOUND
    }
    "any-token-will-do": |defects| {
        worlds::tags_with_rights(defects, &json!([])).await == StatusCode::NOT_FOUND
    }
    "repository-of-token-ignored": |defects| {
        let other = json!([{ "type": "repository", "name": "lab/other", "actions": ["pull"] }]);
        worlds::tags_with_rights(defects, &other).await == StatusCode::NOT_FOUND
    }
    "mount-from-anywhere": |defects| {
        worlds::mount_without_right(defects).await == StatusCode::CREATED
    }
    "mount-without-right-401": |defects| {
        worlds::mount_without_right(defects).await == StatusCode::UNAUTHORIZED
    }
    "any-password-will-do": |defects| {
        worlds::tags_with_password(defects, "ann:guessed").await == StatusCode::NOT_FOUND
    }
}

#[tokio::test(start_paused = true)]
async fn every_defect_is_wrong_in_its_way_alone() {
    let probed: Vec<_> = PROBES.iter().map(|(id, _)| *id).collect();
    let all: Vec<_> =
        defects::ALL.iter().filter(|defect: &&&Defect| defect.is_hook()).map(|defect| defect.id).collect();
    assert_eq!(probed, all, "a probe for each defect in a hook, in the same order");
    for (id, probe) in PROBES {
        assert!(probe(DefectSet::one(defects::find(id).unwrap())).await, "{id} is not wrong");
        assert!(!probe(DefectSet::none()).await, "without {id} the registry is wrong");
    }
}
