//! A registry that is killed at any storage call of a push loses no acknowledged byte, and never leaves a tag that points to nothing.

use std::time::Duration;

use http::{Method, StatusCode};
use shakedown_oci::Digest;
use shakedown_wire::{Body, Party};

use crate::support::{BUCKET, Lab, Reply, Tap, call, manifest, tapped};

const CONFIG: &[u8] = b"{\"architecture\":\"none\"}";

/// What a client has been promised.
#[derive(Default)]
struct Promised {
    /// Location, bytes acknowledged, the whole blob.
    session: Option<(String, usize, Vec<u8>)>,
    blobs: Vec<(Digest, Vec<u8>)>,
    manifest: Option<Vec<u8>>,
}

/// Pushes until the registry dies; gives what was acknowledged before that, and whether it got to the end.
async fn push(registry: &Party, layer: &[u8], promised: &mut Promised) -> Result<(), ()> {
    for bytes in [CONFIG, layer] {
        let digest = Digest::of(bytes);
        let start = sent(registry, Method::POST, "/v2/lab/app/blobs/uploads/", b"").await?;
        let mut location = start.header("location").to_owned();
        promised.session = Some((location.clone(), 0, bytes.to_vec()));
        for chunk in bytes.chunks(bytes.len().div_ceil(2).max(1)) {
            let patched = sent(registry, Method::PATCH, &location, chunk).await?;
            location = patched.header("location").to_owned();
            if let Some((known, received, _)) = &mut promised.session {
                location.clone_into(known);
                *received += chunk.len();
            }
        }
        sent(registry, Method::PUT, &format!("{location}&digest={digest}"), b"").await?;
        promised.session = None;
        promised.blobs.push((digest, bytes.to_vec()));
    }
    let bytes = manifest(&Digest::of(CONFIG), &Digest::of(layer), layer.len());
    sent(registry, Method::PUT, "/v2/lab/app/manifests/v1", &bytes).await?;
    promised.manifest = Some(bytes);
    Ok(())
}

/// A call that may never be answered.
async fn sent(registry: &Party, method: Method, path: &str, body: &[u8]) -> Result<Reply, ()> {
    let headers = [("content-type", shakedown_oci::media_type::OCI_MANIFEST)];
    let answer = call(registry, method, path, &headers, body.to_vec());
    let reply = tokio::time::timeout(Duration::from_secs(5), answer).await.map_err(|_| ())?.unwrap();
    assert!(reply.status.is_success(), "{reply:?}");
    Ok(reply)
}

/// A fresh process on the same storage must know everything that was acknowledged.
async fn check(lab: &Lab, promised: Promised, at: u64) {
    let registry = lab.replica().party();
    let get = |path: String| {
        let registry = registry.clone();
        async move { call(&registry, Method::GET, &path, &[], Body::empty()).await.unwrap() }
    };
    if let Some((location, received, whole)) = promised.session {
        let digest = Digest::of(&whole);
        let status = get(location.clone()).await;
        // The session may be gone only because the killed PUT had done its work.
        if status.status == StatusCode::NOT_FOUND {
            let blob = get(format!("/v2/lab/app/blobs/{digest}")).await;
            assert_eq!((blob.status, &blob.body[..]), (StatusCode::OK, &whole[..]), "killed at call {at}");
        } else {
            assert_eq!(status.status, StatusCode::NO_CONTENT, "killed at call {at}");
            let end: u64 = status.header("range").strip_prefix("0-").unwrap().parse().unwrap();
            assert!(end + 1 >= received as u64, "killed at call {at}: {end} of {received}");
            let stands = usize::try_from(end + 1).unwrap().min(whole.len());
            // 0-0 means none here: no first chunk of these has one byte (D07).
            let stands = if stands == 1 { 0 } else { stands };
            let path = format!("{}&digest={digest}", status.header("location"));
            let done = call(&registry, Method::PUT, &path, &[], whole[stands..].to_vec()).await.unwrap();
            assert_eq!(done.status, StatusCode::CREATED, "killed at call {at}: {done:?}");
            assert_eq!(get(done.header("location").to_owned()).await.body, whole, "killed at call {at}");
        }
    }
    for (digest, bytes) in promised.blobs {
        let blob = get(format!("/v2/lab/app/blobs/{digest}")).await;
        assert_eq!((blob.status, &blob.body[..]), (StatusCode::OK, &bytes[..]), "killed at call {at}");
    }
    let tag = get("/v2/lab/app/manifests/v1".to_owned()).await;
    match promised.manifest {
        Some(bytes) => assert_eq!(tag.body, bytes, "killed at call {at}"),
        None if tag.status == StatusCode::OK => {}
        None => {
            assert_eq!(tag.status, StatusCode::NOT_FOUND);
            let listed = get("/v2/lab/app/tags/list".to_owned()).await;
            assert!(
                !String::from_utf8_lossy(&listed.body).contains("v1"),
                "killed at call {at}: a tag that points to nothing"
            );
        }
    }
}

async fn kill_at_each_call(layer: &[u8], applied: bool) {
    let mut at = 0;
    loop {
        let lab = Lab::small_parts();
        let (storage, _) = tapped(lab.s3.party(), move |number, _| match number.cmp(&at) {
            std::cmp::Ordering::Less => Tap::Pass,
            std::cmp::Ordering::Equal if applied => Tap::HangAfter,
            _ => Tap::HangBefore,
        });
        let mut promised = Promised::default();
        let ended = push(&lab.replica_through(storage).party(), layer, &mut promised).await;
        check(&lab, promised, at).await;
        if ended.is_ok() {
            assert!(at > 20, "a push takes more calls than {at}");
            assert_eq!(lab.s3.admin().uploads(BUCKET).len(), 0);
            return;
        }
        at += 1;
    }
}

#[tokio::test(start_paused = true)]
async fn killed_before_any_storage_call_is_applied() {
    kill_at_each_call(b"a small layer", false).await;
    kill_at_each_call(&[7; 5000], false).await;
}

#[tokio::test(start_paused = true)]
async fn killed_after_any_storage_call_was_applied() {
    kill_at_each_call(b"a small layer", true).await;
    kill_at_each_call(&[7; 5000], true).await;
}
