//! Blob reads: ranges, redirects, cuts, damage; and what belongs to no resource.

use bytes::Bytes;
use http::{Method, StatusCode};
use shakedown_oci::Digest;
use shakedown_registry::{LocationStyle, Redirect};
use shakedown_wire::{Body, Party, Request, WireError};

use crate::support::{BUCKET, Lab, Tap, call, tapped};

const BIG: usize = 400 << 10;

fn bytes(size: usize) -> Vec<u8> {
    (0..size).map(|at| u8::try_from(at % 251).unwrap()).collect()
}

#[tokio::test(start_paused = true)]
async fn ranges_are_served_or_refused() {
    let lab = Lab::new();
    let whole = bytes(1000);
    let digest = lab.push_blob("lab/app", &whole).await;
    let path = format!("/v2/lab/app/blobs/{digest}");
    for ignore_range in [false, true] {
        // A store that ignores Range serves everything; the registry must not pass it off as the range.
        let (storage, _) = tapped(lab.s3.party(), |_, _| Tap::Pass);
        let stripped = Party::from_fn(move |mut request: Request| {
            let storage = storage.clone();
            if ignore_range {
                request.headers_mut().remove("range");
            }
            async move { storage.send(request).await }
        });
        let registry = lab.replica_through(stripped);
        if ignore_range {
            lab.s3.configure(|config| config.verify_signatures = false);
        }
        for (range, start, end) in
            [("bytes=0-9", 0, 10), ("bytes=990-", 990, 1000), ("bytes=-5", 995, 1000), ("bytes=500-9999", 500, 1000)]
        {
            let reply = call(&registry.party(), Method::GET, &path, &[("range", range)], Body::empty()).await.unwrap();
            assert_eq!(
                (reply.status, &reply.body[..]),
                (StatusCode::PARTIAL_CONTENT, &whole[start..end]),
                "PB7 {range} {ignore_range}"
            );
            assert_eq!(reply.header("content-range"), format!("bytes {start}-{}/1000", end - 1));
        }
        for range in ["bytes=1000-", "bytes=5000-6000"] {
            let reply = call(&registry.party(), Method::GET, &path, &[("range", range)], Body::empty()).await.unwrap();
            assert_eq!(
                (reply.status, reply.header("content-range")),
                (StatusCode::RANGE_NOT_SATISFIABLE, "bytes */1000"),
                "H09"
            );
        }
        for range in ["chunks=0-9", "bytes=9-0", "bytes=0-1,4-5", "nonsense"] {
            let reply = call(&registry.party(), Method::GET, &path, &[("range", range)], Body::empty()).await.unwrap();
            assert_eq!((reply.status, reply.body.len()), (StatusCode::OK, 1000), "H09 {range}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn heads_tell_everything_and_unchanged_is_304() {
    let lab = Lab::new();
    let digest = lab.push_blob("lab/app", b"bytes").await;
    let path = format!("/v2/lab/app/blobs/{digest}");
    let head = lab.head(&path).await;
    assert_eq!((head.status, head.header("content-length"), head.body.len()), (StatusCode::OK, "5", 0));
    assert_eq!(head.header("docker-content-digest"), digest.to_string());
    let etag = head.header("etag").to_owned();
    for tags in [etag.clone(), format!("W/{etag}"), format!("\"x\", {etag}"), "*".to_owned()] {
        assert_eq!(
            lab.call(Method::GET, &path, &[("if-none-match", &tags)], Body::empty()).await.status,
            StatusCode::NOT_MODIFIED
        );
    }
    assert_eq!(lab.call(Method::GET, &path, &[("if-none-match", "\"x\"")], Body::empty()).await.status, StatusCode::OK);
}

/// A storage whose answers to GET of data break off after `at` bytes, `times` times.
fn cutting(storage: Party, at: usize, times: u64) -> Party {
    let cuts = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
    Party::from_fn(move |request: Request| {
        let (storage, cuts) = (storage.clone(), cuts.clone());
        async move {
            let is_data = request.method() == Method::GET && request.uri().path().ends_with("/data");
            let response = storage.send(request).await?;
            if !is_data || cuts.fetch_add(1, std::sync::atomic::Ordering::Relaxed) >= times {
                return Ok(response);
            }
            let (head, body) = response.into_parts();
            let length = body.length().unwrap();
            let whole = body.collect(BIG * 2).await?;
            let kept: Bytes = whole.slice(..at.min(whole.len()));
            let stream = futures_util::stream::iter([Ok(kept), Err(WireError::Reset)]);
            Ok(http::Response::from_parts(head, Body::sized(length, stream)))
        }
    })
}

#[tokio::test(start_paused = true)]
async fn a_cut_body_is_mended_or_breaks_and_is_never_padded() {
    let lab = Lab::new();
    for size in [1000, BIG] {
        let whole = bytes(size);
        let digest = lab.push_blob("lab/app", &whole).await;
        let path = format!("/v2/lab/app/blobs/{digest}");
        let mended = lab.replica_through(cutting(lab.s3.party(), size / 3, 2)).party();
        let reply = call(&mended, Method::GET, &path, &[], Body::empty()).await.unwrap();
        assert_eq!((reply.status, &reply.body[..]), (StatusCode::OK, &whole[..]), "H02");
        let broken = lab.replica_through(cutting(lab.s3.party(), 7, 999)).party();
        match call(&broken, Method::GET, &path, &[], Body::empty()).await {
            Err(error) => assert!(error.is_connection_lost() && size == BIG, "H02: {error}"),
            Ok(reply) => assert!(reply.status.is_server_error() && size < BIG, "{reply:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_promised_before_the_first_byte() {
    let lab = Lab::new();
    for size in [1000, BIG] {
        let digest = lab.push_blob("lab/app", &bytes(size)).await;
        let path = format!("/v2/lab/app/blobs/{digest}");
        for (status, body, expected) in [
            (404, "<Error><Code>NoSuchKey</Code></Error>", 404),
            (404, "<html>not found</html>", 404),
            (403, "<Error><Code>AccessDenied</Code></Error>", 500),
            (503, "<Error><Code>SlowDown</Code></Error>", 503),
        ] {
            let (storage, _) = tapped(lab.s3.party(), move |_, request| {
                let is_data = request.uri().path().ends_with("/data");
                if is_data { Tap::answer(status, "application/xml", body) } else { Tap::Pass }
            });
            let registry = lab.replica_through(storage).party();
            let reply = call(&registry, Method::GET, &path, &[], Body::empty()).await.unwrap();
            assert_eq!(reply.status.as_u16(), expected, "H01: {body}");
        }
        let cut = lab.replica_through(cutting(lab.s3.party(), 0, 999)).party();
        let reply = call(&cut, Method::GET, &path, &[], Body::empty()).await.unwrap();
        assert!(reply.status.is_server_error(), "H01: {reply:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_small_blob_that_is_damaged_at_rest_is_a_5xx() {
    let lab = Lab::new();
    let digest = lab.push_blob("lab/app", &bytes(1000)).await;
    let data = format!("docker/registry/v2/blobs/sha256/{}/{}/data", &digest.hex()[..2], digest.hex());
    lab.s3.admin().truncate(BUCKET, &data, 50).unwrap();
    let reply = lab.get(&format!("/v2/lab/app/blobs/{digest}")).await;
    assert_eq!((reply.status, reply.code().as_str()), (StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN"), "H03");
}

#[tokio::test(start_paused = true)]
async fn redirects_are_signed_for_the_method_and_the_public_address() {
    let lab = Lab::with(|config| config.redirect = Redirect::on(None));
    let digest = lab.push_blob("lab/app", b"bytes").await;
    for method in [Method::GET, Method::HEAD] {
        let reply = lab.call(method.clone(), &format!("/v2/lab/app/blobs/{digest}"), &[], Body::empty()).await;
        assert_eq!(reply.status, StatusCode::TEMPORARY_REDIRECT);
        let target = reply.header("location").to_owned();
        for sent in [Method::GET, Method::HEAD] {
            let mut request = http::Request::builder().method(sent.clone()).uri(&target).body(Body::empty()).unwrap();
            request.headers_mut().insert("host", "s3.test".parse().unwrap());
            let answer = lab.s3.party().send(request).await.unwrap();
            let expected = if sent == method { StatusCode::OK } else { StatusCode::FORBIDDEN };
            assert_eq!(answer.status(), expected, "C02: signed for {method}, sent {sent}");
        }
    }
    let lab = Lab::with(|config| config.redirect = Redirect::on(Some("https://cdn.example".parse().unwrap())));
    let digest = lab.push_blob("lab/app", b"bytes").await;
    let reply = lab.get(&format!("/v2/lab/app/blobs/{digest}")).await;
    assert!(reply.header("location").starts_with("https://cdn.example/lab/docker/registry/v2/blobs/"), "C03, C04");
    assert_eq!(
        lab.get(&format!("/v2/lab/app/blobs/{}", Digest::of(b"?"))).await.status,
        StatusCode::NOT_FOUND,
        "never into the void"
    );
}

#[tokio::test(start_paused = true)]
async fn what_belongs_to_no_resource_is_a_json_404() {
    let lab = Lab::new();
    for path in ["/", "/v1/", "/v2/lab/app", "/v2/lab/app/nothing/here", "/favicon.ico"] {
        let reply = lab.get(path).await;
        assert_eq!((reply.status, reply.header("content-type")), (StatusCode::NOT_FOUND, "application/json"), "{path}");
        assert!(!reply.code().is_empty(), "K10");
    }
    assert_eq!(lab.get("/v2/UPPER/tags/list").await.code(), "NAME_INVALID");
    let reply = lab.call(Method::POST, "/v2/lab/app/tags/list", &[], Body::empty()).await;
    assert_eq!((reply.status, reply.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "GET"));
    assert_eq!(lab.get("/v2/lab/app/blobs/sha256:short").await.status, StatusCode::BAD_REQUEST, "BL1");
    let base = lab.get("/v2/").await;
    assert_eq!((base.status, base.header("docker-distribution-api-version")), (StatusCode::OK, "registry/2.0"));
    assert_eq!(lab.requests(), 0, "B12");
}

#[tokio::test(start_paused = true)]
async fn locations_are_relative_or_as_the_gateway_is_seen() {
    let relative = Lab::new();
    assert!(relative.start("lab/app").await.starts_with("/v2/lab/app/blobs/uploads/"), "E01");
    let lab = Lab::with(|config| config.location = LocationStyle::Absolute);
    for (headers, expected) in [
        (vec![("host", "registry.test:5000")], "http://registry.test:5000/v2/"),
        (
            vec![("host", "internal"), ("x-forwarded-proto", "https"), ("x-forwarded-host", "a.example, b.example")],
            "https://a.example/v2/",
        ),
    ] {
        let reply = lab.call(Method::POST, "/v2/lab/app/blobs/uploads/", &headers, Body::empty()).await;
        assert!(reply.header("location").starts_with(expected), "{}", reply.header("location"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_storage_that_falls_silent_is_asked_again() {
    let lab = Lab::new();
    let whole = bytes(BIG);
    let digest = lab.push_blob("lab/app", &whole).await;
    let silent = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    let storage = lab.s3.party();
    let stalling = Party::from_fn(move |request: Request| {
        let (storage, silent) = (storage.clone(), silent.clone());
        async move {
            let is_data = request.method() == Method::GET && request.uri().path().ends_with("/data");
            let response = storage.send(request).await?;
            if !is_data || !silent.swap(false, std::sync::atomic::Ordering::Relaxed) {
                return Ok(response);
            }
            let (head, body) = response.into_parts();
            let first = futures_util::stream::iter([Ok(body.collect(BIG).await?.slice(..1000))]);
            let stream = futures_util::StreamExt::chain(first, futures_util::stream::pending());
            Ok(http::Response::from_parts(head, Body::sized(BIG as u64, stream)))
        }
    });
    let path = format!("/v2/lab/app/blobs/{digest}");
    let reply = call(&lab.replica_through(stalling).party(), Method::GET, &path, &[], Body::empty()).await.unwrap();
    assert_eq!(reply.body, whole);
}
