//! Storage that misbehaves: what *Correct* means in blocks A and B of the incidents.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::{Method, StatusCode};
use shakedown_oci::Digest;
use shakedown_registry::{Credentials, Registry, SharedCredentials};
use shakedown_s3::Credential;
use shakedown_wire::{Body, Party, Request, Response};

use crate::support::{BUCKET, Lab, Reply, Tap, call, response, tapped};

const HTML_404: &str =
    "<html>\r\n<head><title>404 Not Found</title></head>\r\n<body><h1>404 Not Found</h1></body>\r\n</html>\r\n";
const HTML: &str = "<html><body>sign in</body></html>";
const INTERNAL: &str = "<?xml version=\"1.0\"?><Error><Code>InternalError</Code><Message>try again</Message></Error>";
const SLOW_DOWN: &str = "<?xml version=\"1.0\"?><Error><Code>SlowDown</Code><Message>less</Message></Error>";
const DENIED: &str = "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>secret-bucket</Message></Error>";

/// What a request is, as far as these tests need it.
fn is(request: &Request, method: Method, part: &str) -> bool {
    request.method() == method && request.uri().to_string().contains(part)
}

/// A registry whose storage answers `tap` to the first `times` requests that `matches`.
fn through(
    lab: &Lab,
    times: u64,
    matches: impl Fn(&Request) -> bool + Send + Sync + 'static,
    tap: impl Fn() -> Tap + Send + Sync + 'static,
) -> (Party, Arc<AtomicU64>) {
    let seen = Arc::new(AtomicU64::new(0));
    let counted = seen.clone();
    let (storage, _) = tapped(lab.s3.party(), move |_, request| {
        if matches(request) && counted.fetch_add(1, Ordering::Relaxed) < times { tap() } else { Tap::Pass }
    });
    (lab.replica_through(storage).party(), seen)
}

async fn get(registry: &Party, path: &str) -> Reply {
    call(registry, Method::GET, path, &[], Body::empty()).await.unwrap()
}

/// POST, PATCH, PUT; the reply that ended it.
async fn push(registry: &Party, bytes: &[u8]) -> Reply {
    let start = call(registry, Method::POST, "/v2/lab/app/blobs/uploads/", &[], Body::empty()).await.unwrap();
    if start.status != StatusCode::ACCEPTED {
        return start;
    }
    let patched = call(registry, Method::PATCH, start.header("location"), &[], bytes.to_vec()).await.unwrap();
    if patched.status != StatusCode::ACCEPTED {
        return patched;
    }
    let put = format!("{}&digest={}", patched.header("location"), Digest::of(bytes));
    call(registry, Method::PUT, &put, &[], Body::empty()).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_404_is_absent_whatever_its_body() {
    let lab = Lab::new();
    let absent = format!("/v2/lab/app/blobs/{}", Digest::of(b"absent"));
    for (content_type, body) in [
        ("text/html", HTML_404),
        ("text/plain", "not found"),
        ("application/json", "{\"error\":\"not found\"}"),
        ("application/xml", ""),
        ("application/xml", "<Error><Message>no code</Message></Error>"),
        ("text/html", "<Error><Code>NoSuchKey</Code></Error>"),
    ] {
        let (registry, seen) = through(&lab, 9, |_| true, move || Tap::answer(404, content_type, body));
        let reply = get(&registry, &absent).await;
        assert_eq!((reply.status, reply.code().as_str()), (StatusCode::NOT_FOUND, "BLOB_UNKNOWN"), "B01, B02: {body}");
        assert_eq!(seen.load(Ordering::Relaxed), 1, "a 404 is not tried again");
    }
    let no_bucket = "<Error><Code>NoSuchBucket</Code><Message>gone</Message></Error>";
    let (registry, _) = through(&lab, 9, |_| true, move || Tap::answer(404, "application/xml", no_bucket));
    let reply = get(&registry, &absent).await;
    assert_eq!(
        (reply.status, reply.code().as_str()),
        (StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN"),
        "B02: a missing bucket"
    );
}

#[tokio::test(start_paused = true)]
async fn refusals_of_the_storage_are_not_the_clients_fault() {
    let lab = Lab::new();
    let digest = lab.push_blob("lab/app", b"bytes").await;
    for (status, content_type, body) in [
        (403, "application/xml", DENIED),
        (403, "text/html", HTML),
        (401, "text/html", HTML),
        (301, "application/xml", "<Error><Code>PermanentRedirect</Code></Error>"),
        (400, "application/xml", "<Error><Code>AuthorizationHeaderMalformed</Code></Error>"),
        (403, "application/xml", "<Error><Code>RequestTimeTooSkewed</Code></Error>"),
        (400, "application/xml", "<Error><Code>ExpiredToken</Code></Error>"),
    ] {
        let (registry, seen) = through(&lab, 99, |_| true, move || Tap::answer(status, content_type, body));
        let reply = get(&registry, &format!("/v2/lab/app/blobs/{digest}")).await;
        assert_eq!(
            (reply.status, reply.code().as_str()),
            (StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN"),
            "B03, B04, B10, B11: {body}"
        );
        assert_eq!(seen.load(Ordering::Relaxed), 1, "not tried again: {body}");
        let text = String::from_utf8_lossy(&reply.body).into_owned();
        assert!(!text.contains("secret") && !text.contains("s3") && !text.contains("docker/registry"), "B13: {text}");
        let pushed = push(&registry, b"new").await;
        assert_eq!(pushed.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(get(&registry, "/v2/").await.status, StatusCode::OK, "B12");
    }
}

#[tokio::test(start_paused = true)]
async fn throttling_is_waited_for_and_then_said() {
    let lab = Lab::new();
    let digest = lab.push_blob("lab/app", b"bytes").await;
    let path = format!("/v2/lab/app/blobs/{digest}");
    for (status, body) in [
        (503, SLOW_DOWN),
        (500, INTERNAL),
        (502, HTML),
        (504, HTML),
        (429, ""),
        (400, "<Error><Code>RequestTimeout</Code></Error>"),
    ] {
        let (registry, _) = through(&lab, 4, |_| true, move || Tap::answer(status, "application/xml", body));
        assert_eq!(get(&registry, &path).await.body, "bytes", "B05: {status} four times");
        let (registry, seen) = through(&lab, 999, |_| true, move || Tap::answer(status, "application/xml", body));
        let reply = get(&registry, &path).await;
        assert_eq!(
            (reply.status, reply.code().as_str()),
            (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE"),
            "B05: {status}"
        );
        assert!(!reply.header("retry-after").is_empty());
        assert_eq!(seen.load(Ordering::Relaxed), 5, "bounded");
    }
    let (registry, _) = through(&lab, 2, |_| true, || Tap::Refuse);
    assert_eq!(get(&registry, &path).await.body, "bytes", "a lost connection is tried again");
}

#[tokio::test(start_paused = true)]
async fn a_push_survives_every_trouble_that_passes() {
    type NamedTap = (&'static str, fn() -> Tap);
    let taps: [NamedTap; 4] = [
        ("503", || Tap::answer(503, "application/xml", SLOW_DOWN)),
        ("reset", || Tap::Refuse),
        ("reply lost", || Tap::Lose),
        ("200 with an error", || Tap::answer(200, "application/xml", INTERNAL)),
    ];
    for (name, tap) in taps {
        for size in [100, 5000] {
            for at in 0..30 {
                let lab = Lab::small_parts();
                lab.s3.configure(|config| config.complete_idempotent = false);
                let (storage, _) = tapped(lab.s3.party(), move |number, request| {
                    // An error document where bytes are due is an object like any other; S3 never sends one.
                    let reads = matches!(*request.method(), Method::GET | Method::HEAD) && name == "200 with an error";
                    if number == at && !reads { tap() } else { Tap::Pass }
                });
                let bytes = vec![3; size];
                let done = push(&lab.replica_through(storage).party(), &bytes).await;
                assert_eq!(done.status, StatusCode::CREATED, "{name} at call {at}, {size} bytes: {}", lab.story());
                assert_eq!(lab.get(done.header("location")).await.body, bytes);
                assert_eq!(
                    lab.s3.admin().uploads(BUCKET).iter().filter(|upload| !upload.parts.is_empty()).count(),
                    0,
                    "{name} at {at}"
                );
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn parts_that_are_not_stored_are_not_acknowledged() {
    for tap in [
        (|| Tap::answer(403, "application/xml", DENIED)) as fn() -> Tap,
        || Tap::answer(503, "application/xml", SLOW_DOWN),
        || Tap::Refuse,
        || Tap::answer(200, "application/xml", ""),
        || Tap::answer(200, "text/html", HTML),
    ] {
        let lab = Lab::small_parts();
        let location = lab.start("lab/app").await;
        let (registry, _) = through(&lab, 999, |request| is(request, Method::PUT, "partNumber"), tap);
        let patched = call(&registry, Method::PATCH, &location, &[], vec![1; 5000]).await.unwrap();
        assert!(patched.status.is_server_error(), "A08: {patched:?}");
        let status = lab.get(&location).await;
        assert_eq!((status.status, status.header("range")), (StatusCode::NO_CONTENT, "0-0"));
        let again = lab.patch(&location, &[1; 5000]).await;
        assert_eq!((again.status, again.header("range")), (StatusCode::ACCEPTED, "0-4999"), "the same PATCH again");
        let done = lab.put(again.header("location"), &Digest::of(&[1; 5000]), b"").await;
        assert_eq!(done.status, StatusCode::CREATED);
        assert_eq!(lab.s3.admin().uploads(BUCKET).len(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn acknowledged_writes_without_proof_are_read_back_and_repeated() {
    for class in ["/session", "/link", "/blobs/sha256", "/tags/", "/revisions/", "partNumber"] {
        for (content_type, body) in [("text/html", HTML), ("application/xml", "")] {
            let lab = Lab::small_parts();
            let matches = move |request: &Request| is(request, Method::PUT, class);
            let (registry, _) = through(&lab, 1, matches, move || Tap::answer(200, content_type, body));
            for (size, what) in [(100, "small"), (5000, "large")] {
                let done = push(&registry, &vec![4; size]).await;
                assert_eq!(done.status, StatusCode::CREATED, "A15 {class} {what}: {}", lab.story());
                assert_eq!(lab.get(done.header("location")).await.body.len(), size);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_complete_or_copy_is_believed_only_when_seen() {
    let lies: [(&str, &str); 5] = [
        ("application/xml", INTERNAL),
        ("application/xml", SLOW_DOWN),
        ("text/html", HTML),
        ("application/xml", ""),
        ("application/xml", "   \n   "),
    ];
    for (method, what) in [(Method::POST, "data?uploadId"), (Method::PUT, "/blobs/sha256")] {
        for (content_type, body) in lies {
            for times in [1, 999] {
                let lab = Lab::small_parts();
                let bytes = vec![8; 5000];
                let method = method.clone();
                let matches = move |request: &Request| is(request, method.clone(), what);
                let (registry, _) = through(&lab, times, matches, move || Tap::answer(200, content_type, body));
                let location = lab.start("lab/app").await;
                let patched = lab.patch(&location, &bytes).await;
                let put = format!("{}&digest={}", patched.header("location"), Digest::of(&bytes));
                let done = call(&registry, Method::PUT, &put, &[], Body::empty()).await.unwrap();
                if times == 1 {
                    assert_eq!(done.status, StatusCode::CREATED, "A10, A13 {what} {body:?}: {}", lab.story());
                } else {
                    assert_eq!(done.status, StatusCode::SERVICE_UNAVAILABLE, "A10, A13, A14 {what} {body:?}");
                    // The bytes are still there: the same PUT goes well once the trouble is over.
                    let again = lab.call(Method::PUT, &put, &[], Body::empty()).await;
                    assert_eq!(again.status, StatusCode::CREATED, "{}", lab.story());
                }
                assert_eq!(lab.get(&format!("/v2/lab/app/blobs/{}", Digest::of(&bytes))).await.body, bytes);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_only_says_so_is_repeated() {
    let result: &str = "<CopyObjectResult><ETag>\"x\"</ETag></CopyObjectResult>";
    for times in [1, 999] {
        let lab = Lab::small_parts();
        let bytes = vec![8; 5000];
        let matches = |request: &Request| request.headers().contains_key("x-amz-copy-source");
        let (registry, _) = through(&lab, times, matches, move || Tap::answer(200, "application/xml", result));
        let done = push(&registry, &bytes).await;
        let expected = if times == 1 { StatusCode::CREATED } else { StatusCode::SERVICE_UNAVAILABLE };
        assert_eq!(done.status, expected, "A14");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_complete_reply_is_looked_into() {
    for idempotent in [true, false] {
        let lab = Lab::small_parts();
        lab.s3.configure(|config| config.complete_idempotent = idempotent);
        let matches = |request: &Request| is(request, Method::POST, "uploadId");
        let (registry, _) =
            through(&lab, 1, matches, || Tap::AnswerApplied(response(503, "application/xml", SLOW_DOWN)));
        assert_eq!(push(&registry, &[6; 5000]).await.status, StatusCode::CREATED, "A11");
    }
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_the_store_threw_away_is_unknown() {
    let lab = Lab::small_parts();
    let location = lab.start("lab/app").await;
    let patched = lab.patch(&location, &[1; 3000]).await;
    let upload = lab.s3.admin().uploads(BUCKET).remove(0);
    lab.s3.admin().abort_upload(BUCKET, &upload.key, &upload.upload_id).unwrap();
    let gone = lab.patch(patched.header("location"), &[1; 3000]).await;
    assert_eq!((gone.status, gone.code().as_str()), (StatusCode::NOT_FOUND, "BLOB_UPLOAD_UNKNOWN"), "D18");
    assert_eq!(lab.get(patched.header("location")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_is_not_readable_yet_is_waited_for() {
    let lab = Lab::new();
    let location = lab.start("lab/app").await;
    let reads = |request: &Request| is(request, Method::GET, "/session");
    let (registry, _) =
        through(&lab, 4, reads, || Tap::answer(404, "application/xml", "<Error><Code>NoSuchKey</Code></Error>"));
    let patched = call(&registry, Method::PATCH, &location, &[], "abc").await.unwrap();
    assert_eq!(patched.status, StatusCode::ACCEPTED, "A07");
    let (registry, _) =
        through(&lab, 999, reads, || Tap::answer(404, "application/xml", "<Error><Code>NoSuchKey</Code></Error>"));
    let lost = call(&registry, Method::PATCH, patched.header("location"), &[], "abc").await.unwrap();
    assert_eq!((lost.status, lost.code().as_str()), (StatusCode::NOT_FOUND, "BLOB_UPLOAD_UNKNOWN"), "lost in the end");
}

#[tokio::test(start_paused = true)]
async fn garbage_that_the_cleanup_leaves_fails_nothing() {
    let deletes = |request: &Request| is(request, Method::POST, "delete");
    let per_key = "<DeleteResult><Error><Key>k</Key><Code>AccessDenied</Code></Error></DeleteResult>";
    for (status, body) in [(403, DENIED), (200, per_key), (503, SLOW_DOWN), (200, HTML)] {
        let lab = Lab::small_parts();
        let (registry, _) = through(&lab, 999, deletes, move || Tap::answer(status, "application/xml", body));
        assert_eq!(push(&registry, &[1; 5000]).await.status, StatusCode::CREATED, "A16");
    }
    let lab = Lab::small_parts();
    let (registry, _) = through(&lab, 999, deletes, || {
        Tap::answer(501, "application/xml", "<Error><Code>NotImplemented</Code></Error>")
    });
    assert_eq!(push(&registry, &[1; 5000]).await.status, StatusCode::CREATED);
    assert_eq!(lab.s3.admin().list(BUCKET, "docker/registry/v2/repositories/lab/app/_uploads").len(), 0, "one by one");
}

#[tokio::test(start_paused = true)]
async fn listings_that_are_none_are_not_empty_listings() {
    let lab = Lab::new();
    lab.push_image("lab/app", "v1").await;
    let lists = |request: &Request| is(request, Method::GET, "list-type");
    let cut = "<ListBucketResult><CommonPrefixes><Prefix>docker/registry/v2/repositories/lab/app/_manifests/tags/v1/</Prefix></CommonPrefixes><Comm";
    for (status, body) in [(200, HTML), (200, ""), (200, cut), (404, HTML_404)] {
        let (registry, _) = through(&lab, 1, lists, move || Tap::answer(status, "application/xml", body));
        let once = get(&registry, "/v2/lab/app/tags/list").await;
        assert_eq!(
            once.status,
            if status == 200 { StatusCode::OK } else { StatusCode::INTERNAL_SERVER_ERROR },
            "{body}"
        );
        let (registry, _) = through(&lab, 999, lists, move || Tap::answer(status, "application/xml", body));
        assert!(get(&registry, "/v2/lab/app/tags/list").await.status.is_server_error(), "B06, B09: {body}");
        assert!(get(&registry, "/v2/_catalog").await.status.is_server_error(), "B06, B09: {body}");
    }
}

#[tokio::test(start_paused = true)]
async fn pages_in_place_of_objects_are_trouble_and_not_content() {
    let lab = Lab::new();
    let digest = lab.push_blob("lab/app", b"bytes").await;
    for part in ["/link", "/data"] {
        let (registry, _) =
            through(&lab, 999, move |request| is(request, Method::GET, part), || Tap::answer(200, "text/html", HTML));
        let reply = get(&registry, &format!("/v2/lab/app/blobs/{digest}")).await;
        assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE, "B08, E06: {part}");
    }
    let creates = |request: &Request| is(request, Method::POST, "uploads=");
    let lab = Lab::small_parts();
    let (registry, _) = through(&lab, 999, creates, || Tap::answer(200, "text/html", HTML));
    assert_eq!(push(&registry, &[1; 5000]).await.status, StatusCode::SERVICE_UNAVAILABLE, "B07");
}

#[tokio::test(start_paused = true)]
async fn credentials_are_refreshed_once() {
    let keys = SharedCredentials::new("OLD", "SK");
    let lab = Lab::with(|config| config.storage.credentials = Arc::new(keys.clone()));
    lab.s3.admin().set_credentials(vec![Credential::new("OLD", "SK"), Credential::new("NEW", "SK2")]);
    let digest = lab.push_blob("lab/app", b"bytes").await;
    let expired = |request: &Request| request.headers()["authorization"].to_str().unwrap().contains("=OLD/");
    let newer = keys.clone();
    let (storage, _) = tapped(lab.s3.party(), move |_, request| {
        if !expired(request) {
            return Tap::Pass;
        }
        newer.replace(Credentials { access_key: "NEW".into(), secret_key: "SK2".into(), session_token: None });
        Tap::answer(400, "application/xml", "<Error><Code>ExpiredToken</Code></Error>")
    });
    let registry = lab.replica_through(storage).party();
    assert_eq!(get(&registry, &format!("/v2/lab/app/blobs/{digest}")).await.body, "bytes", "B11");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_left_causes_no_more_storage_calls() {
    let lab = Lab::new();
    let slow = |storage: Party| {
        Party::from_fn(move |request: Request| {
            let storage = storage.clone();
            async move {
                tokio::time::sleep(std::time::Duration::from_secs(1)).await;
                storage.send(request).await
            }
        })
    };
    let registry: Registry = lab.replica_through(slow(lab.s3.party()));
    let location = lab.start("lab/app").await;
    let before = lab.s3.recorder().exchanges().len();
    let put = format!("{location}&digest={}", Digest::of(b"abc"));
    let party = registry.party();
    let leaving = call(&party, Method::PUT, &put, &[], "abc");
    assert!(tokio::time::timeout(std::time::Duration::from_millis(1500), leaving).await.is_err());
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    assert_eq!(lab.s3.recorder().exchanges().len() - before, 1, "A22");
    assert_eq!(lab.put(&location, &Digest::of(b"abc"), b"abc").await.status, StatusCode::CREATED);
}

#[tokio::test(start_paused = true)]
async fn the_trace_goes_on_to_the_storage_and_one_line_says_what_to_do() {
    use shakedown_wire::{Annotation, Annotations, TRACE_HEADER, TraceId};
    let lab = Lab::new();
    let traces = Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = traces.clone();
    let (storage, _) = tapped(lab.s3.party(), move |_, request| {
        seen.lock().unwrap().push(TraceId::from_headers(request.headers()));
        Tap::answer(403, "application/xml", DENIED)
    });
    let notes = Annotations::default();
    let mut request = http::Request::get("http://registry.test/v2/lab/app/tags/list").body(Body::empty()).unwrap();
    request.headers_mut().insert(TRACE_HEADER, TraceId(77).to_header());
    request.extensions_mut().insert(notes.clone());
    let reply: Response = lab.replica_through(storage).party().send(request).await.unwrap();
    assert_eq!(reply.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(*traces.lock().unwrap(), [Some(TraceId(77))]);
    let lines: Vec<_> = notes
        .take()
        .into_iter()
        .filter_map(|note| if let Annotation::Note(line) = note { Some(line) } else { None })
        .collect();
    let body = reply.into_body().collect(9999).await.unwrap();
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    let correlation = body["errors"][0]["detail"]["correlation"].as_str().unwrap();
    insta::assert_snapshot!(lines.join("\n").replace(correlation, "CORRELATION"), @"[CORRELATION] storage: ListObjectsV2 of a tag key failed after 1 attempt(s): Denied, status 403, code AccessDenied: secret-bucket; grant these keys read, write, list and delete on the bucket, or correct the keys");
}

#[tokio::test(start_paused = true)]
async fn a_part_that_the_store_lied_about_ends_the_upload_and_not_the_client() {
    use base64::Engine as _;
    let lab = Lab::small_parts();
    let (storage, _) = tapped(lab.s3.party(), |_, request| {
        if !request.uri().to_string().contains("partNumber=2") {
            return Tap::Pass;
        }
        let md5 =
            base64::engine::general_purpose::STANDARD.decode(request.headers()["content-md5"].as_bytes()).unwrap();
        let mut lie = response(200, "application/xml", "");
        lie.headers_mut().insert("etag", format!("\"{}\"", hex::encode(md5)).parse().unwrap());
        Tap::Answer(lie)
    });
    let registry = lab.replica_through(storage).party();
    let lost = push(&registry, &[1; 5000]).await;
    assert_eq!((lost.status, lost.code().as_str()), (StatusCode::NOT_FOUND, "BLOB_UPLOAD_UNKNOWN"), "A08, D18");
    assert_eq!(lab.s3.admin().uploads(BUCKET).len(), 0);
    assert_eq!(
        push(&lab.registry.party(), &[1; 5000]).await.status,
        StatusCode::CREATED,
        "a new upload is all it takes"
    );
}
