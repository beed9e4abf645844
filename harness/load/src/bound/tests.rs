//! The hop streams both ways and answers when the hashes are done; what stands behind it keeps what is prepared and nothing of what is measured.

use std::net::SocketAddr;

use bytes::Bytes;
use http::StatusCode;
use shakedown_oci::Digest;
use shakedown_wire::network::{self, NetworkOptions};
use shakedown_wire::server::{self, Server, ServerOptions};
use shakedown_wire::{Body, Party, Request, Response, WireError};
use tokio::sync::mpsc;

use super::backend::Registry;
use super::*;

fn load(rest: &str) -> LoadFile {
    serde_saphyr::from_str(&format!("title: x\ncount: 1\n{rest}")).unwrap()
}

fn request(method: &str, path: &str, body: impl Into<Body>) -> Request {
    let uri = format!("http://registry.test{path}");
    let request = http::Request::builder().method(method).uri(uri).header("content-type", "application/x-manifest");
    request.body(body.into()).unwrap()
}

async fn text(response: Result<Response, WireError>) -> (StatusCode, Bytes) {
    let response = response.unwrap();
    let status = response.status();
    (status, response.into_body().collect(4 << 20).await.unwrap())
}

fn location(response: &Response) -> String {
    response.headers()["location"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_is_prepared_is_there_and_what_is_measured_is_forgotten() {
    let registry = Registry::new(&load("operations: [{ pull-blob: { size: 3MiB } }]"));
    let party = registry.party();
    let content = Bytes::from(vec![7; 3 << 20]);
    let digest = Digest::of(&content).to_string();
    let push = async |content: &Bytes, digest: &str| {
        let begun = party.send(request("POST", "/v2/load/r0/blobs/uploads/", "")).await.unwrap();
        let upload = location(&begun);
        assert_eq!(begun.status(), StatusCode::ACCEPTED);
        assert!(upload.strip_prefix("/v2/load/r0/blobs/uploads/").is_some_and(|number| !number.is_empty()), "{upload}");
        let patched = party.send(request("PATCH", &upload, content.slice(..5))).await.unwrap();
        assert_eq!((&*location(&patched), patched.headers()["range"].to_str().unwrap()), (&*upload, "0-4"));
        let close = format!("{upload}?digest={}", digest.replace(':', "%3A"));
        let closed = party.send(request("PUT", &close, content.slice(5..))).await.unwrap();
        assert_eq!((closed.status(), location(&closed)), (StatusCode::CREATED, format!("/v2/load/r0/blobs/{digest}")));
    };
    push(&content, &digest).await;
    let path = format!("/v2/load/r0/blobs/{digest}");
    assert_eq!(text(party.send(request("GET", &path, "")).await).await, (StatusCode::OK, content.clone()));
    let head = party.send(request("HEAD", &path, "")).await.unwrap();
    assert_eq!((head.headers()["content-length"].to_str().unwrap(), head.body().length()), ("3145728", Some(0)));

    registry.measured(true);
    let other = Bytes::from_static(b"pushed while it is measured");
    let forgotten = Digest::of(&other).to_string();
    push(&other, &forgotten).await;
    let path = format!("/v2/load/r0/blobs/{forgotten}");
    assert_eq!(text(party.send(request("GET", &path, "")).await).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn manifests_are_there_by_tag_and_by_digest_and_mounts_are_believed() {
    let registry = Registry::new(&load("operations: [{ pull-manifest: {} }]"));
    let party = registry.party();
    let put = party.send(request("PUT", "/v2/load/r0/manifests/t1", "{}")).await.unwrap();
    let digest = put.headers()["docker-content-digest"].to_str().unwrap().to_owned();
    assert_eq!((put.status(), &*digest), (StatusCode::CREATED, &*Digest::of(b"{}").to_string()));
    for reference in ["t1", &digest] {
        let got = party.send(request("GET", &format!("/v2/load/r0/manifests/{reference}"), "")).await.unwrap();
        assert_eq!(got.headers()["content-type"], "application/x-manifest");
        assert_eq!(text(Ok(got)).await, (StatusCode::OK, Bytes::from_static(b"{}")));
    }
    let mount = format!("/v2/load/m1/blobs/uploads/?mount={digest}&from=load/r0");
    assert_eq!(text(party.send(request("POST", &mount, "")).await).await.0, StatusCode::CREATED);
    for (method, path, status) in [
        ("GET", "/v2/", StatusCode::OK),
        ("GET", "/v2/load/r0/manifests/t2", StatusCode::NOT_FOUND),
        ("GET", "/v2/load/r0/tags/list", StatusCode::NOT_FOUND),
        ("DELETE", "/v2/load/r0/manifests/t1", StatusCode::METHOD_NOT_ALLOWED),
    ] {
        assert_eq!(text(party.send(request(method, path, "")).await).await.0, status, "{method} {path}");
    }
}

#[tokio::test]
async fn loads_that_only_push_are_forgotten_from_the_first_byte() {
    let registry = Registry::new(&load("operations: [{ push-blob: { size: 1KiB } }]"));
    registry.measured(false);
    let path = "/v2/load/r0/blobs/uploads/?digest=sha256:abc";
    assert_eq!(text(registry.party().send(request("POST", path, "abc")).await).await.0, StatusCode::CREATED);
    let got = registry.party().send(request("GET", "/v2/load/r0/blobs/sha256:abc", "")).await;
    assert_eq!(text(got).await.0, StatusCode::NOT_FOUND);
}

fn served(party: Party) -> Server {
    let listener = server::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    server::serve(listener, party, ServerOptions::default())
}

/// The hop before this party with what keeps both alive, and the way to it.
fn before(party: Party) -> ((Server, Server), Party) {
    let behind = served(party);
    let hop = served(hop(behind.address().to_string().parse().unwrap()));
    let (way, to) = (network::client(&NetworkOptions::default()), hop.base_uri());
    let party = Party::from_fn(move |mut request: Request| {
        let way = way.clone();
        *request.uri_mut() = format!("{to}{}", request.uri().path()).parse().unwrap();
        async move { way.send(request).await }
    });
    ((behind, hop), party)
}

#[tokio::test]
async fn the_hop_passes_each_frame_on_before_the_next_one_is_there() {
    let (seen, mut arrived) = mpsc::unbounded_channel();
    let echo = Party::from_fn(move |request: Request| {
        let seen = seen.clone();
        async move {
            let mut body = request.into_body();
            let mut all = Vec::new();
            while let Some(frame) = body.next().await.transpose()? {
                all.extend_from_slice(&frame);
                seen.send(all.len()).unwrap();
            }
            Ok(Response::new(Body::from(all)))
        }
    });
    let (_servers, party) = before(echo);
    let (send, frames) = mpsc::channel::<Bytes>(1);
    let frames = futures_util::stream::unfold(frames, async |mut frames| Some((Ok(frames.recv().await?), frames)));
    let call = tokio::spawn(async move { text(party.send(request("PUT", "/x", Body::stream(frames))).await).await });
    send.send(Bytes::from_static(b"one")).await.unwrap();
    assert_eq!(arrived.recv().await, Some(3), "the second frame has not been made yet");
    send.send(Bytes::from_static(b"two")).await.unwrap();
    drop(send);
    assert_eq!(call.await.unwrap(), (StatusCode::OK, Bytes::from_static(b"onetwo")));
}

#[tokio::test]
async fn the_hop_passes_answers_on_as_they_are() {
    let content = Bytes::from(vec![3; 1 << 20]);
    let registry = Registry::new(&load("operations: [{ pull-blob: { size: 1MiB } }]"));
    let (_servers, party) = before(registry.party());
    let digest = Digest::of(&content).to_string();
    let upload = location(&party.send(request("POST", "/v2/a/blobs/uploads/", "")).await.unwrap());
    assert!(upload.starts_with("/v2/a/blobs/uploads/"), "{upload}");
    party.send(request("PATCH", &upload, content.clone())).await.unwrap();
    let manifest = party.send(request("PUT", "/v2/a/manifests/1", "{}")).await.unwrap();
    assert_eq!(location(&manifest), format!("/v2/a/manifests/{}", Digest::of(b"{}")));
    let got = party.send(request("HEAD", "/v2/a/manifests/1", "")).await.unwrap();
    assert_eq!((got.status(), got.headers()["content-length"].to_str().unwrap()), (StatusCode::OK, "2"));
    let absent = party.send(request("GET", &format!("/v2/a/blobs/{digest}"), "")).await;
    assert_eq!(text(absent).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_pushed_is_hashed_twice_to_its_end() {
    let frames: Vec<_> = (0..100_u8).map(|number| Ok(Bytes::from(vec![number; 1000]))).collect();
    let (body, hashes) = hop::hashed(Body::sized(100_000, futures_util::stream::iter(frames)));
    assert_eq!(body.length(), Some(100_000));
    let content = body.collect(100_000).await.unwrap();
    assert_eq!((content.len(), hashes.len()), (100_000, 2));
    for hash in hashes {
        assert_eq!(hash.await.unwrap(), Digest::of(&content));
    }
}

#[test]
fn what_it_cannot_do_is_said() {
    for (rest, word) in [
        ("operations: [{ list-tags: { tags: 3 } }]", "list-tags"),
        ("operations: [{ push-blob: { size: 1KiB } }]\nverify: true", "verify: true"),
        (
            "operations: [{ push-blob: { size: 1KiB } }]\nstorage: { faults: [{ on: s3, when: {}, effect: slow-down }] }",
            "no storage",
        ),
    ] {
        let told = beyond_limit(&load(rest)).unwrap();
        assert!(told.contains(word), "{rest}: {told}");
    }
    assert_eq!(beyond_limit(&load("operations: [{ push-blob: { size: 1KiB } }]")), None);
}
