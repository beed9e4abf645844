//! Uploads: the rules of the specification and the incidents of block D.

use futures_util::StreamExt as _;
use http::{Method, StatusCode};
use proptest::prelude::*;
use shakedown_oci::{Algorithm, Digest, Hasher};
use shakedown_wire::{Body, WireError};

use crate::support::{BUCKET, Lab, call};

#[tokio::test(start_paused = true)]
async fn a_blob_is_pushed_in_chunks_and_pulled() {
    let lab = Lab::new();
    let location = lab.start("lab/app").await;
    let first = lab.call(Method::PATCH, &location, &[("content-range", "0-4")], "hello").await;
    assert_eq!((first.status, first.header("range")), (StatusCode::ACCEPTED, "0-4"));
    let second = lab.call(Method::PATCH, first.header("location"), &[("content-range", "5-10")], " world").await;
    assert_eq!((second.status, second.header("range")), (StatusCode::ACCEPTED, "0-10"));
    let status = lab.get(second.header("location")).await;
    assert_eq!((status.status, status.header("range")), (StatusCode::NO_CONTENT, "0-10"));
    let digest = Digest::of(b"hello world!");
    let put = format!("{}&digest={digest}", second.header("location"));
    let done = lab.call(Method::PUT, &put, &[("content-range", "11-11")], "!").await;
    assert_eq!(done.status, StatusCode::CREATED, "{done:?}");
    assert_eq!(done.header("docker-content-digest"), digest.to_string());
    let pulled = lab.get(done.header("location")).await;
    assert_eq!((pulled.status, &pulled.body[..]), (StatusCode::OK, &b"hello world!"[..]));
    // Nothing of the session is left.
    assert_eq!(lab.s3.admin().list(BUCKET, "docker/registry/v2/repositories/lab/app/_uploads").len(), 0);
    assert_eq!(lab.s3.admin().uploads(BUCKET).len(), 0);
    let gone = lab.get(second.header("location")).await;
    assert_eq!((gone.status, gone.code().as_str()), (StatusCode::NOT_FOUND, "BLOB_UPLOAD_UNKNOWN"));
}

#[tokio::test(start_paused = true)]
async fn chunks_out_of_place_are_refused_and_the_session_stands() {
    let lab = Lab::new();
    let location = lab.start("lab/app").await;
    let skipped = lab.call(Method::PATCH, &location, &[("content-range", "5-9")], "world").await;
    assert_eq!(
        (skipped.status, skipped.code().as_str()),
        (StatusCode::RANGE_NOT_SATISFIABLE, "BLOB_UPLOAD_INVALID"),
        "CH5"
    );
    let first = lab.call(Method::PATCH, &location, &[("content-range", "0-4")], "hello").await;
    let replayed = lab.call(Method::PATCH, &location, &[("content-range", "0-4")], "hello").await;
    assert_eq!((replayed.status, replayed.header("range")), (StatusCode::RANGE_NOT_SATISFIABLE, "0-4"), "D04");
    let again = lab.patch(&location, b"hello").await;
    assert_eq!(again.status, StatusCode::RANGE_NOT_SATISFIABLE, "D04 without Content-Range");
    for malformed in ["bytes=5-9", "bytes 5-9/10", "5", "9-5", "a-b"] {
        let reply = lab.call(Method::PATCH, first.header("location"), &[("content-range", malformed)], "world").await;
        assert_eq!(
            (reply.status, reply.code().as_str()),
            (StatusCode::RANGE_NOT_SATISFIABLE, "BLOB_UPLOAD_INVALID"),
            "{malformed}"
        );
    }
    let short = lab.call(Method::PATCH, first.header("location"), &[("content-range", "5-99")], "world").await;
    assert_eq!((short.status, short.code().as_str()), (StatusCode::BAD_REQUEST, "SIZE_INVALID"));
    let digest = Digest::of(b"hello world");
    let out_of_order = format!("{}&digest={digest}", first.header("location"));
    let put = lab.call(Method::PUT, &out_of_order, &[("content-range", "9-14")], " world").await;
    assert_eq!(put.status, StatusCode::RANGE_NOT_SATISFIABLE, "CH15");
    assert_eq!(lab.put(replayed.header("location"), &digest, b" world").await.status, StatusCode::CREATED);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_digest_leaves_the_session_as_it_was() {
    for lab in [Lab::new(), Lab::small_parts()] {
        let bytes = vec![7; 5000];
        let location = lab.start("lab/app").await;
        let patched = lab.patch(&location, &bytes).await;
        let wrong = lab.put(patched.header("location"), &Digest::of(b"other"), b"").await;
        assert_eq!((wrong.status, wrong.code().as_str()), (StatusCode::BAD_REQUEST, "DIGEST_INVALID"));
        let malformed = lab
            .call(Method::PUT, &format!("{}&digest=sha256:xyz", patched.header("location")), &[], Body::empty())
            .await;
        assert_eq!((malformed.status, malformed.code().as_str()), (StatusCode::BAD_REQUEST, "DIGEST_INVALID"));
        let missing = lab.call(Method::PUT, patched.header("location"), &[], Body::empty()).await;
        assert_eq!(missing.status, StatusCode::BAD_REQUEST);
        let right = lab.put(patched.header("location"), &Digest::of(&bytes), b"").await;
        assert_eq!(right.status, StatusCode::CREATED, "{right:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_state_in_the_location_is_only_a_hint() {
    let lab = Lab::new();
    let location = lab.start("lab/app").await;
    let bare = location.split('?').next().unwrap().to_owned();
    assert_eq!(lab.patch(&bare, b"abc").await.status, StatusCode::ACCEPTED, "D02: the query was lost");
    assert_eq!(lab.patch(&format!("{bare}?_state=%21%21garbage"), b"def").await.status, StatusCode::ACCEPTED);
    // Any replica goes on, whatever the other knew (D01).
    let put = format!("{bare}?digest={}", Digest::of(b"abcdef"));
    let done = call(&lab.replica().party(), Method::PUT, &put, &[], Body::empty()).await.unwrap();
    assert_eq!(done.status, StatusCode::CREATED);
}

#[tokio::test(start_paused = true)]
async fn a_put_that_is_repeated_is_answered_like_the_first() {
    let lab = Lab::new();
    let location = lab.start("lab/app").await;
    let digest = Digest::of(b"abc");
    assert_eq!(lab.put(&location, &digest, b"abc").await.status, StatusCode::CREATED);
    assert_eq!(lab.put(&location, &digest, b"abc").await.status, StatusCode::CREATED, "D10, A23");
    let other = lab.put(&location, &Digest::of(b"other"), b"other").await;
    assert_eq!((other.status, other.code().as_str()), (StatusCode::NOT_FOUND, "BLOB_UPLOAD_UNKNOWN"));
}

#[tokio::test(start_paused = true)]
async fn a_whole_blob_may_come_with_the_post() {
    for lab in [Lab::new(), Lab::small_parts()] {
        let bytes = vec![9; 3000];
        let digest = Digest::of(&bytes);
        let reply =
            lab.call(Method::POST, &format!("/v2/lab/app/blobs/uploads/?digest={digest}"), &[], bytes.clone()).await;
        assert_eq!(
            (reply.status, reply.header("location")),
            (StatusCode::CREATED, &*format!("/v2/lab/app/blobs/{digest}")),
            "SP4"
        );
        assert_eq!(lab.get(reply.header("location")).await.body, bytes);
        let wrong = Digest::of(b"other");
        let reply = lab.call(Method::POST, &format!("/v2/lab/app/blobs/uploads/?digest={wrong}"), &[], bytes).await;
        assert_eq!((reply.status, reply.code().as_str()), (StatusCode::BAD_REQUEST, "DIGEST_INVALID"));
        assert_eq!(lab.s3.admin().uploads(BUCKET).len(), 0);
        assert_eq!(lab.s3.admin().list(BUCKET, "docker/registry/v2/repositories/lab/app/_uploads").len(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn blobs_are_mounted_or_uploaded() {
    let lab = Lab::new();
    let digest = lab.push_blob("lab/one", b"shared").await;
    let mounted = lab
        .call(Method::POST, &format!("/v2/lab/two/blobs/uploads/?mount={digest}&from=lab/one"), &[], Body::empty())
        .await;
    assert_eq!(mounted.status, StatusCode::CREATED, "MO1");
    assert_eq!(lab.get(mounted.header("location")).await.body, "shared");
    for query in [
        format!("mount={digest}&from=lab/nowhere"),
        format!("mount={}&from=lab/one", Digest::of(b"unknown")),
        format!("mount={digest}"),
        "mount=garbage&from=lab/one".to_owned(),
    ] {
        let reply = lab.call(Method::POST, &format!("/v2/lab/two/blobs/uploads/?{query}"), &[], Body::empty()).await;
        assert_eq!(reply.status, StatusCode::ACCEPTED, "MO3, D16: {query}");
        assert!(!reply.header("location").contains("mount"), "D02");
    }
}

#[tokio::test(start_paused = true)]
async fn empty_and_sha512_blobs_are_blobs() {
    let lab = Lab::small_parts();
    let empty = lab.push_blob("lab/app", b"").await;
    assert_eq!(lab.head(&format!("/v2/lab/app/blobs/{empty}")).await.header("content-length"), "0", "A12");
    assert_eq!(lab.get(&format!("/v2/lab/app/blobs/{empty}")).await.body, "");
    for size in [10, 5000] {
        let bytes = vec![3; size];
        let digest = Digest::with(Algorithm::Sha512, &bytes);
        for announced in ["", "?digest-algorithm=sha512"] {
            let start =
                lab.call(Method::POST, &format!("/v2/lab/app/blobs/uploads/{announced}"), &[], Body::empty()).await;
            let patched = lab.patch(start.header("location"), &bytes).await;
            let wrong = lab.put(patched.header("location"), &Digest::with(Algorithm::Sha512, b"other"), b"").await;
            assert_eq!(wrong.status, StatusCode::BAD_REQUEST, "{size} {announced}");
            let done = lab.put(patched.header("location"), &digest, b"").await;
            assert_eq!(done.status, StatusCode::CREATED, "D15: {size} {announced} {done:?}");
        }
        assert_eq!(lab.get(&format!("/v2/lab/app/blobs/{digest}")).await.body, bytes);
    }
}

#[tokio::test(start_paused = true)]
async fn an_upload_can_be_cancelled() {
    let lab = Lab::small_parts();
    let location = lab.start("lab/app").await;
    let patched = lab.patch(&location, &[1; 5000]).await;
    assert_eq!(lab.s3.admin().uploads(BUCKET).len(), 1);
    let cancelled = lab.call(Method::DELETE, patched.header("location"), &[], Body::empty()).await;
    assert_eq!(cancelled.status, StatusCode::NO_CONTENT, "CA1");
    assert_eq!(lab.get(patched.header("location")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(lab.s3.admin().uploads(BUCKET).len(), 0);
    assert_eq!(lab.s3.admin().list(BUCKET, "").len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_vanishes_leaves_the_session_usable() {
    for lab in [Lab::new(), Lab::small_parts()] {
        let location = lab.start("lab/app").await;
        let first = lab.patch(&location, &[1; 3000]).await;
        let cut = futures_util::stream::iter([Ok(vec![2; 2500].into()), Err(WireError::Closed)]);
        let vanished = lab.call(Method::PATCH, first.header("location"), &[], Body::sized(9000, cut)).await;
        assert_eq!(vanished.status, StatusCode::BAD_REQUEST, "to nobody");
        let status = lab.get(first.header("location")).await;
        assert_eq!((status.status, status.header("range")), (StatusCode::NO_CONTENT, "0-2999"), "D12");
        let again = lab.patch(status.header("location"), &[2; 9000]).await;
        assert_eq!((again.status, again.header("range")), (StatusCode::ACCEPTED, "0-11999"));
        let whole = [vec![1; 3000], vec![2; 9000]].concat();
        let done = lab.put(again.header("location"), &Digest::of(&whole), b"").await;
        assert_eq!(done.status, StatusCode::CREATED, "{done:?}");
        assert_eq!(lab.get(done.header("location")).await.body, whole);
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_client_gets_408_and_keeps_its_session() {
    let lab = Lab::new();
    let location = lab.start("lab/app").await;
    let silent = futures_util::stream::unfold(0, |step| async move {
        if step > 0 {
            std::future::pending::<()>().await;
        }
        Some((Ok(bytes::Bytes::from_static(b"x")), step + 1))
    });
    let reply = lab.call(Method::PATCH, &location, &[], Body::sized(100, silent)).await;
    assert_eq!(reply.status, StatusCode::REQUEST_TIMEOUT, "D13");
    assert_eq!(lab.get(&location).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test(start_paused = true)]
async fn of_two_patches_at_once_one_is_taken() {
    let lab = Lab::small_parts();
    let location = lab.start("lab/app").await;
    let bytes = vec![5; 4000];
    let (one, two) = tokio::join!(lab.patch(&location, &bytes), lab.patch(&location, &bytes));
    let mut statuses = [one.status, two.status];
    statuses.sort();
    assert_eq!(statuses, [StatusCode::ACCEPTED, StatusCode::RANGE_NOT_SATISFIABLE], "D11");
    let accepted = if one.status == StatusCode::ACCEPTED { one } else { two };
    let digest = Digest::of(&bytes);
    let (one, two) = tokio::join!(
        lab.put(accepted.header("location"), &digest, b""),
        lab.put(accepted.header("location"), &digest, b"")
    );
    assert_eq!((one.status, two.status), (StatusCode::CREATED, StatusCode::CREATED), "A23: one effect, one answer");
}

#[tokio::test(start_paused = true)]
async fn what_can_never_fit_is_refused_before_it_is_sent() {
    let lab = Lab::with(|config| {
        config.storage.part_size = 1024;
        config.storage.max_parts = 5;
        config.storage.copy_limit = 2000;
    });
    let location = lab.start("lab/app").await;
    let grown = vec![1; 9000];
    let digest = Digest::of(&grown);
    assert_eq!(lab.put(&location, &digest, &grown).await.status, StatusCode::CREATED, "parts grow with Content-Length");
    assert_eq!(lab.get(&format!("/v2/lab/app/blobs/{digest}")).await.body, grown);
    let location = lab.start("lab/app").await;
    let first = lab.patch(&location, &[1; 2000]).await;
    let refused = lab.patch(first.header("location"), &[1; 9000]).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::PAYLOAD_TOO_LARGE, "SIZE_INVALID"), "A18");
    let fits = lab.patch(first.header("location"), &[1; 2900]).await;
    assert_eq!(fits.status, StatusCode::ACCEPTED);
    let done = lab.put(fits.header("location"), &Digest::of(&[1; 4900]), b"").await;
    assert_eq!(done.status, StatusCode::CREATED, "copied in ranges: {}", lab.story());
    assert_eq!(lab.get(done.header("location")).await.body, vec![1; 4900]);
}

#[tokio::test(start_paused = true)]
async fn parts_are_equal_but_the_last() {
    let lab = Lab::small_parts();
    lab.s3.configure(|config| config.limits.equal_parts = true);
    let location = lab.start("lab/app").await;
    let mut location = location;
    let mut whole = Vec::new();
    for size in [700, 2500, 10, 5000, 1] {
        let chunk = vec![u8::try_from(size % 251).unwrap(); size];
        let reply = lab.patch(&location, &chunk).await;
        assert_eq!(reply.status, StatusCode::ACCEPTED);
        location = reply.header("location").to_owned();
        whole.extend(chunk);
    }
    assert!(lab.s3.admin().uploads(BUCKET)[0].parts.iter().all(|part| part.size == 1024), "A19");
    let done = lab.put(&location, &Digest::of(&whole), b"").await;
    assert_eq!(done.status, StatusCode::CREATED, "{done:?}");
    assert_eq!(lab.get(done.header("location")).await.body, whole);
}

/// One step of a client that knows the specification, and sometimes not.
#[derive(Debug, Clone)]
enum Step {
    Chunk { size: usize, ranged: bool, other_replica: bool },
    WrongOffset { by: u64 },
    Vanish { size: usize },
    Status,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0_usize..3000, any::<bool>(), any::<bool>())
            .prop_map(|(size, ranged, other_replica)| Step::Chunk { size, ranged, other_replica }),
        1 => (1_u64..5000).prop_map(|by| Step::WrongOffset { by }),
        1 => (0_usize..3000).prop_map(|size| Step::Vanish { size }),
        1 => Just(Step::Status),
    ];
    proptest::collection::vec(step, 0..8)
}

async fn follow(lab: &Lab, steps: Vec<Step>, last: usize) -> Result<(), TestCaseError> {
    let mut location = lab.start("lab/app").await;
    let mut whole: Vec<u8> = Vec::new();
    let other = lab.replica();
    for (number, step) in steps.into_iter().enumerate() {
        let fill = u8::try_from(number).unwrap() + 1;
        match step {
            Step::Chunk { size, ranged, other_replica } => {
                let range = format!("{}-{}", whole.len(), (whole.len() + size).saturating_sub(1));
                let headers: &[_] = if ranged && size > 0 { &[("content-range", range.as_str())] } else { &[] };
                let party = if other_replica { other.party() } else { lab.registry.party() };
                let reply = call(&party, Method::PATCH, &location, headers, vec![fill; size]).await.unwrap();
                prop_assert_eq!(reply.status, StatusCode::ACCEPTED);
                whole.extend(vec![fill; size]);
                location = reply.header("location").to_owned();
            }
            Step::WrongOffset { by } => {
                let start = whole.len() as u64 + by;
                let range = format!("{start}-{start}");
                let reply = lab.call(Method::PATCH, &location, &[("content-range", &range)], "x").await;
                prop_assert_eq!(reply.status, StatusCode::RANGE_NOT_SATISFIABLE);
            }
            Step::Vanish { size } => {
                let cut = futures_util::stream::iter([Ok(vec![fill; size].into()), Err(WireError::Reset)]);
                let reply = lab.call(Method::PATCH, &location, &[], Body::sized(9999, cut)).await;
                prop_assert_eq!(reply.status, StatusCode::BAD_REQUEST);
            }
            Step::Status => {
                let reply = lab.get(&location).await;
                prop_assert_eq!(reply.header("range"), format!("0-{}", whole.len().saturating_sub(1)));
                location = reply.header("location").to_owned();
            }
        }
    }
    let tail = vec![99; last];
    whole.extend(&tail);
    let mut hasher = Hasher::new(Algorithm::Sha256);
    hasher.update(&whole);
    let done = lab.put(&location, &hasher.finish(), &tail).await;
    prop_assert_eq!(done.status, StatusCode::CREATED, "{}", lab.story());
    let pulled = lab.get(done.header("location")).await;
    prop_assert_eq!(&pulled.body[..], &whole[..]);
    prop_assert_eq!(lab.s3.admin().uploads(BUCKET).len(), 0);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_sequence_of_chunks_ends_in_the_same_bytes(steps in steps(), last in 0_usize..3000) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async { follow(&Lab::small_parts(), steps, last).await })?;
    }
}

#[tokio::test(start_paused = true)]
async fn no_more_than_two_parts_are_held_however_large_the_blob() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    const PART: u64 = 64 << 10;
    const FRAME: usize = 10_000;
    let lab = Lab::with(|config| config.storage.part_size = PART);
    let (read, stored, worst) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let inner = lab.s3.party();
    let (seen, kept, most) = (read.clone(), stored.clone(), worst.clone());
    let storage = shakedown_wire::Party::from_fn(move |request: shakedown_wire::Request| {
        let (inner, seen, kept, most) = (inner.clone(), seen.clone(), kept.clone(), most.clone());
        let size = request.uri().query().filter(|query| query.contains("partNumber")).and(request.body().length());
        async move {
            let response = inner.send(request).await?;
            // Slow enough for the registry to read ahead as far as it ever does.
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            most.fetch_max(seen.load(Ordering::Relaxed) - kept.load(Ordering::Relaxed), Ordering::Relaxed);
            kept.fetch_add(size.unwrap_or(0), Ordering::Relaxed);
            Ok(response)
        }
    });
    let body = futures_util::stream::iter(0..400).map(move |_| {
        read.fetch_add(FRAME as u64, Ordering::Relaxed);
        Ok(vec![7; FRAME].into())
    });
    let location = lab.start("lab/app").await;
    let party = lab.replica_through(storage).party();
    let patched = call(&party, Method::PATCH, &location, &[], Body::stream(body)).await.unwrap();
    assert_eq!((patched.status, patched.header("range")), (StatusCode::ACCEPTED, "0-3999999"));
    assert!(
        worst.load(Ordering::Relaxed) <= 2 * PART + FRAME as u64,
        "{} bytes were held",
        worst.load(Ordering::Relaxed)
    );
    assert!(stored.load(Ordering::Relaxed) > 3_900_000);
}
