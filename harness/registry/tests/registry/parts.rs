//! How parts are hashed and guarded: on threads or not, signed or not, on stores with and without MD5 ETags.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::{Method, StatusCode};
use shakedown_oci::Digest;
use shakedown_s3::EtagMode;
use shakedown_wire::{Body, Party, Request};

use crate::support::{BUCKET, Lab, call};

/// A way to treat parts.
#[derive(Debug, Clone, Copy)]
struct Way {
    unsigned: bool,
    threads: bool,
    etag: EtagMode,
}

impl Way {
    fn lab(self) -> Lab {
        let store = |config: &mut shakedown_s3::S3Config| config.etag = self.etag;
        Lab::on(store, |config| {
            config.storage.part_size = 1024;
            config.storage.unsigned_parts = self.unsigned;
            config.storage.hash_threads = self.threads;
        })
    }
}

fn ways() -> impl Iterator<Item = Way> {
    [EtagMode::Md5, EtagMode::Fast].into_iter().flat_map(|etag| {
        let both = [false, true];
        both.into_iter().flat_map(move |unsigned| both.map(|threads| Way { unsigned, threads, etag }))
    })
}

fn bytes() -> Vec<u8> {
    (0..7777_u32).map(|at| ((at * at) >> 3) as u8).collect()
}

#[tokio::test(start_paused = true)]
async fn however_parts_are_treated_the_blob_is_what_was_sent() {
    for way in ways() {
        let (lab, bytes) = (way.lab(), bytes());
        let mut location = lab.start("lab/app").await;
        // No cut is where a part ends: each request goes on in the middle of one.
        for chunk in [&bytes[..10], &bytes[10..1500], &bytes[1500..6000]] {
            location = lab.patch(&location, chunk).await.header("location").to_owned();
        }
        let done = lab.put(&location, &Digest::of(&bytes), &bytes[6000..]).await;
        assert_eq!(done.status, StatusCode::CREATED, "{way:?}: {done:?}");
        assert_eq!(lab.get(done.header("location")).await.body, bytes, "{way:?}");
        assert_eq!(lab.s3.admin().uploads(BUCKET).len(), 0, "{way:?}");
    }
}

/// Changes one byte of the first part that passes.
fn flips_a_byte(inner: Party, parts: Arc<AtomicU64>) -> Party {
    Party::from_fn(move |request: Request| {
        let (inner, parts) = (inner.clone(), parts.clone());
        async move {
            let is_part = request.uri().query().is_some_and(|query| query.contains("partNumber="));
            if !is_part || parts.fetch_add(1, Ordering::Relaxed) > 0 {
                return inner.send(request).await;
            }
            let (head, body) = request.into_parts();
            let mut bytes = body.collect(1 << 20).await?.to_vec();
            bytes[100] ^= 1;
            inner.send(Request::from_parts(head, Body::full(bytes))).await
        }
    })
}

#[tokio::test(start_paused = true)]
async fn a_part_that_changes_on_its_way_is_never_believed() {
    for way in ways() {
        let (lab, bytes, parts) = (way.lab(), bytes(), Arc::new(AtomicU64::new(0)));
        let registry = lab.replica_through(flips_a_byte(lab.s3.party(), parts.clone())).party();
        let location = lab.start("lab/app").await;
        let put = format!("{location}&digest={}", Digest::of(&bytes));
        let reply = call(&registry, Method::PUT, &put, &[], bytes.clone()).await.unwrap();
        assert!(parts.load(Ordering::Relaxed) > 0, "{way:?}: a part was sent");
        if reply.status == StatusCode::CREATED {
            assert_eq!(lab.get(reply.header("location")).await.body, bytes, "{way:?}");
        } else {
            assert!(reply.status.is_server_error(), "{way:?}: {reply:?}");
        }
    }
}
