//! Garbage collection, purge and soft deletes: what may go and what must stay.

use std::time::Duration;

use http::{Method, StatusCode};
use shakedown_oci::{Digest, media_type};
use shakedown_registry::life::{GcPolicy, GcReport, LifeError, PurgePolicy, Untagged};
use shakedown_registry::{DefectSet, Registry, defects};
use shakedown_wire::{Body, Party};
use tokio::time::sleep;

use crate::support::{BUCKET, Lab, Tap, manifest, tapped};

pub const DAY: Duration = Duration::from_secs(24 * 3600);

pub async fn gc(registry: &Registry, untagged: Untagged) -> Result<GcReport, LifeError> {
    registry.collect_garbage(&GcPolicy { untagged, ..GcPolicy::default() }, &|_| {}).await
}

fn blobs(lab: &Lab) -> usize {
    lab.s3.admin().list(BUCKET, "docker/registry/v2/blobs/").len()
}

pub fn index(children: &[&[u8]]) -> Vec<u8> {
    let child = |bytes: &&[u8]| serde_json::json!({ "mediaType": media_type::OCI_MANIFEST, "digest": Digest::of(bytes), "size": bytes.len() });
    let manifests: Vec<_> = children.iter().map(child).collect();
    serde_json::to_vec(
        &serde_json::json!({ "schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": manifests }),
    )
    .unwrap()
}

pub async fn put_index(lab: &Lab, reference: &str, bytes: &[u8]) {
    let headers = [("content-type", media_type::OCI_INDEX)];
    let reply = lab.call(Method::PUT, &format!("/v2/lab/app/manifests/{reference}"), &headers, bytes.to_vec()).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{reply:?}");
}

async fn delete(lab: &Lab, path: &str) {
    assert_eq!(lab.call(Method::DELETE, path, &[], Body::empty()).await.status, StatusCode::ACCEPTED);
}

#[tokio::test(start_paused = true)]
async fn what_is_tagged_stays_and_what_was_deleted_goes_after_its_grace() {
    let lab = Lab::new();
    let kept = lab.push_image("lab/app", "1").await;
    let gone = lab.push_image("lab/other", "1").await;
    delete(&lab, &format!("/v2/lab/other/manifests/{}", Digest::of(&gone))).await;
    let early = gc(&lab.registry, Untagged::Keep).await.unwrap();
    assert_eq!((early.blobs_removed, early.blobs_kept), (0, 4), "{early:?}");
    sleep(DAY).await;
    let policy = GcPolicy { dry_run: true, ..GcPolicy::default() };
    let before = lab.s3.admin().snapshot(BUCKET);
    let dry = lab.registry.collect_garbage(&policy, &|_| {}).await.unwrap();
    assert_eq!((dry.blobs_removed, lab.s3.admin().snapshot(BUCKET)), (2, before));
    let report = gc(&lab.registry, Untagged::Keep).await.unwrap();
    assert_eq!(report.blobs_removed, 2, "manifest and layer; both images share the config: {report:?}");
    assert_eq!(report.bytes_removed, dry.bytes_removed);
    assert_eq!(lab.get("/v2/lab/app/manifests/1").await.body, kept);
    let layer = Digest::of(b"layer of lab/other");
    assert_eq!(lab.head(&format!("/v2/lab/other/blobs/{layer}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(blobs(&lab), 3);
    let again = gc(&lab.registry, Untagged::Keep).await.unwrap();
    assert_eq!((again.blobs_removed, again.links_removed), (0, 0));
    assert!(lab.s3.admin().list(BUCKET, "docker/registry/v2/gc/").is_empty(), "the lease is given back");
}

#[tokio::test(start_paused = true)]
async fn children_of_indexes_and_referrers_stay_with_what_they_belong_to() {
    for (defect, survives) in [(None, true), (Some("gc-eats-list-children"), false)] {
        let lab = Lab::with(|config| {
            config.defects = defect.map_or(DefectSet::none(), |id| DefectSet::one(defects::find(id).unwrap()));
        });
        let config = lab.push_blob("lab/app", b"{}").await;
        let layer = lab.push_blob("lab/app", b"layer").await;
        let child = manifest(&config, &layer, 5);
        let child_digest = Digest::of(&child);
        assert_eq!(lab.put_manifest("lab/app", &child_digest.to_string(), &child).await.status, StatusCode::CREATED);
        put_index(&lab, "list", &index(&[&child])).await;
        let signature = serde_json::to_vec(&serde_json::json!({
            "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST, "artifactType": "application/signature",
            "config": { "mediaType": media_type::OCI_CONFIG, "digest": config, "size": 2 }, "layers": [],
            "subject": { "mediaType": media_type::OCI_MANIFEST, "digest": child_digest, "size": child.len() },
        }))
        .unwrap();
        let reference = Digest::of(&signature).to_string();
        assert_eq!(lab.put_manifest("lab/app", &reference, &signature).await.status, StatusCode::CREATED);
        let stray = index(&[]);
        put_index(&lab, &Digest::of(&stray).to_string(), &stray).await;
        sleep(DAY).await;
        let report = gc(&lab.registry, Untagged::Remove).await.unwrap();
        assert_eq!(report.manifests_removed, if survives { 1 } else { 3 }, "{report:?}");
        let status = lab.get(&format!("/v2/lab/app/manifests/{child_digest}")).await.status;
        assert_eq!(status == StatusCode::OK, survives);
        assert_eq!(lab.get(&format!("/v2/lab/app/manifests/{reference}")).await.status == StatusCode::OK, survives);
        assert_eq!(lab.get(&format!("/v2/lab/app/blobs/{layer}")).await.status == StatusCode::OK, survives);
    }
}

#[tokio::test(start_paused = true)]
async fn unreadable_is_never_unreferenced() {
    let answers = [
        (403, "application/xml", "<Error><Code>AccessDenied</Code></Error>"),
        (500, "application/xml", "<Error><Code>InternalError</Code></Error>"),
        (200, "text/html", "<html>please log in</html>"),
    ];
    for (status, content_type, body) in answers {
        for target in ["/_manifests/tags/1/current/link", "/data", "list-type=2"] {
            let lab = Lab::new();
            lab.push_image("lab/app", "1").await;
            sleep(DAY).await;
            let before = blobs(&lab);
            let (party, _) = tapped(lab.s3.party(), move |_, request| {
                let hit = request.method() == Method::GET && request.uri().to_string().contains(target);
                if hit { Tap::answer(status, content_type, body) } else { Tap::Pass }
            });
            let outcome = gc(&lab.replica_through(party), Untagged::Remove).await;
            assert!(matches!(outcome, Err(LifeError::Storage(_))), "{status} for {target}: {outcome:?}");
            assert_eq!(blobs(&lab), before, "{status} for {target}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_listing_without_repositories_is_not_believed() {
    let lab = Lab::new();
    lab.push_image("lab/app", "1").await;
    sleep(DAY).await;
    let admin = lab.s3.admin();
    for object in admin.list(BUCKET, "docker/registry/v2/repositories/") {
        admin.delete(BUCKET, &object.key).unwrap();
    }
    assert_eq!(gc(&lab.registry, Untagged::Keep).await, Err(LifeError::NoRepositories));
    sleep(DAY).await;
    let policy = GcPolicy { allow_empty: true, ..GcPolicy::default() };
    assert_eq!(lab.registry.collect_garbage(&policy, &|_| {}).await.unwrap().blobs_removed, 3);
}

#[tokio::test(start_paused = true)]
async fn damage_is_reported_and_everything_near_it_is_kept() {
    let lab = Lab::new();
    let image = lab.push_image("lab/app", "1").await;
    lab.push_image("lab/app", "2").await;
    let other = lab.push_image("lab/other", "1").await;
    delete(&lab, &format!("/v2/lab/other/manifests/{}", Digest::of(&other))).await;
    let repository = "docker/registry/v2/repositories/lab/app";
    lab.s3.admin().put(BUCKET, &format!("{repository}/_manifests/tags/1/current/link"), Body::empty()).await.unwrap();
    sleep(DAY).await;
    let report = gc(&lab.registry, Untagged::Remove).await.unwrap();
    insta::assert_json_snapshot!(report.problems, @r#"
    [
      {
        "repository": "lab/app",
        "what": "tag 1 points nowhere: everything of its repository is kept; push it again"
      }
    ]
    "#);
    assert_eq!(report.blobs_removed, 2, "the collection goes on elsewhere: {report:?}");
    let path = format!("/v2/lab/app/manifests/{}", Digest::of(&image));
    assert_eq!(lab.get(&path).await.body, image);
}

#[tokio::test(start_paused = true)]
async fn two_collections_do_not_work_at_once_and_a_dead_one_is_taken_over() {
    let lab = Lab::new();
    let gone = lab.push_image("lab/app", "1").await;
    delete(&lab, &format!("/v2/lab/app/manifests/{}", Digest::of(&gone))).await;
    sleep(DAY).await;
    let first = tokio::spawn({
        let registry = lab.replica();
        async move { gc(&registry, Untagged::Keep).await }
    });
    sleep(Duration::from_secs(3)).await;
    assert_eq!(gc(&lab.replica(), Untagged::Keep).await, Err(LifeError::Busy { after_s: 300 }));
    first.abort();
    sleep(Duration::from_secs(301)).await;
    assert_eq!(gc(&lab.replica(), Untagged::Keep).await.unwrap().blobs_removed, 3);
}

/// A push relies on a blob that has lain about for long, while a collection is about to take it.
#[tokio::test(start_paused = true)]
async fn a_push_that_meets_a_collection_keeps_its_blobs_or_is_told_to_come_again() {
    let mut refused = 0;
    for begin_ms in (0..40_000).step_by(500) {
        let lab = Lab::new();
        let config = lab.push_blob("lab/app", b"{}").await;
        let layer = lab.push_blob("lab/app", b"layer").await;
        sleep(DAY).await;
        let slow = |party: Party| {
            Party::from_fn(move |request| {
                let party = party.clone();
                async move {
                    sleep(Duration::from_millis(40)).await;
                    party.send(request).await
                }
            })
        };
        let collector = lab.replica_through(slow(lab.s3.party()));
        let collection = tokio::spawn(async move { gc(&collector, Untagged::Keep).await.unwrap() });
        sleep(Duration::from_millis(begin_ms)).await;
        let bytes = manifest(&config, &layer, 5);
        let put = lab.put_manifest("lab/app", "1", &bytes).await;
        collection.await.unwrap();
        match put.status {
            StatusCode::CREATED => {
                for path in [format!("blobs/{config}"), format!("blobs/{layer}"), "manifests/1".to_owned()] {
                    let reply = lab.get(&format!("/v2/lab/app/{path}")).await;
                    assert_eq!(reply.status, StatusCode::OK, "{path}, push after {begin_ms} ms");
                }
            }
            StatusCode::SERVICE_UNAVAILABLE => refused += 1,
            _ => assert_eq!(put.code(), "MANIFEST_BLOB_UNKNOWN", "push after {begin_ms} ms: {put:?}"),
        }
    }
    assert!(refused > 0, "no push met a collection");
}

#[tokio::test(start_paused = true)]
async fn a_collection_that_dies_at_any_call_leaves_nothing_that_dangles() {
    for dies_at in 0.. {
        let lab = Lab::new();
        let kept = lab.push_image("lab/app", "1").await;
        let gone = lab.push_image("lab/other", "1").await;
        delete(&lab, &format!("/v2/lab/other/manifests/{}", Digest::of(&gone))).await;
        sleep(DAY).await;
        let (party, calls) =
            tapped(lab.s3.party(), move |number, _| if number == dies_at { Tap::HangAfter } else { Tap::Pass });
        let done =
            tokio::time::timeout(Duration::from_secs(200), gc(&lab.replica_through(party), Untagged::Keep)).await;
        let calls = calls.load(std::sync::atomic::Ordering::Relaxed);
        assert_eq!(lab.get("/v2/lab/app/manifests/1").await.body, kept);
        let layer = lab.head(&format!("/v2/lab/other/blobs/{}", Digest::of(b"layer of lab/other"))).await;
        assert!(matches!(layer.status, StatusCode::OK | StatusCode::NOT_FOUND), "{layer:?}");
        sleep(Duration::from_secs(301)).await;
        gc(&lab.replica(), Untagged::Keep).await.unwrap();
        assert_eq!(blobs(&lab), 3, "died at call {dies_at}");
        let left = lab.s3.admin().list(BUCKET, "docker/registry/v2/repositories/lab/other/_layers/");
        assert_eq!(left.len(), 1, "the config that both share: {left:?}");
        if done.is_ok() && calls <= dies_at {
            assert!(dies_at > 10, "the collection made calls at all");
            return;
        }
    }
}

async fn purge(lab: &Lab) -> shakedown_registry::life::PurgeReport {
    lab.registry.purge_uploads(&PurgePolicy { older_than: DAY, dry_run: false }, &|_| {}).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn uploads_are_purged_by_their_last_byte_and_not_by_their_first() {
    for defect in [None, Some("purge-by-start")] {
        let lab = Lab::with(|config| {
            config.storage.part_size = 1024;
            config.defects = defect.map_or(DefectSet::none(), |id| DefectSet::one(defects::find(id).unwrap()));
        });
        let abandoned = lab.start("lab/app").await;
        assert_eq!(lab.patch(&abandoned, &[1; 5000]).await.status, StatusCode::ACCEPTED);
        let mut living = lab.start("lab/app").await;
        for _ in 0..3 {
            let patched = lab.patch(&living, &[2; 5000]).await;
            assert_eq!(patched.status, StatusCode::ACCEPTED);
            living = patched.header("location").to_owned();
            sleep(DAY / 2).await;
        }
        let strangers = "docker/registry/v2/repositories/lab/app/_uploads/0000/data";
        lab.s3.admin().seed_upload(BUCKET, strangers, vec![bytes::Bytes::from_static(b"x")]).await.unwrap();
        lab.s3.admin().seed_upload(BUCKET, "elsewhere/backup", vec![]).await.unwrap();
        let report = purge(&lab).await;
        if defect.is_some() {
            assert_eq!(report.sessions_removed, 2, "the defect ends the living one");
            continue;
        }
        assert_eq!((report.sessions_kept, report.sessions_removed, report.multipart_aborted), (1, 1, 1), "{report:?}");
        let digest = Digest::of(&[2; 15000]);
        assert_eq!(lab.put(&living, &digest, b"").await.status, StatusCode::CREATED);
        sleep(2 * DAY).await;
        assert_eq!(purge(&lab).await.multipart_aborted, 1, "the upload that no session owns");
        let left: Vec<_> = lab.s3.admin().uploads(BUCKET).into_iter().map(|upload| upload.key).collect();
        assert_eq!(left, ["elsewhere/backup"], "what is not of the layout is not ours to end");
        assert!(lab.s3.admin().list(BUCKET, "docker/registry/v2/repositories/lab/app/_uploads/").is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_part_keeps_an_upload_alive_while_its_session_object_ages() {
    let lab = Lab::small_parts();
    let location = lab.start("lab/app").await;
    let frames = futures_util::stream::unfold(0_u8, |sent| async move {
        if sent == 4 {
            return None;
        }
        sleep(Duration::from_secs(20)).await;
        Some((Ok(bytes::Bytes::from(vec![sent; 1024])), sent + 1))
    });
    let body = Body::stream(frames);
    let registry = lab.registry.clone();
    let path = location.clone();
    let patch =
        tokio::spawn(
            async move { crate::support::call(&registry.party(), Method::PATCH, &path, &[], body).await.unwrap() },
        );
    sleep(Duration::from_secs(65)).await;
    let policy = PurgePolicy { older_than: Duration::from_secs(30), dry_run: false };
    let report = lab.registry.purge_uploads(&policy, &|_| {}).await.unwrap();
    assert_eq!((report.sessions_kept, report.sessions_removed), (1, 0), "{report:?}");
    assert_eq!(patch.await.unwrap().status, StatusCode::ACCEPTED);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_image_can_be_restored_until_its_time_is_over() {
    let lab = Lab::with(|config| config.soft_delete = true);
    let name = "lab/app".parse().unwrap();
    let image = lab.push_image("lab/app", "1").await;
    let digest = Digest::of(&image);
    delete(&lab, &format!("/v2/lab/app/manifests/{digest}")).await;
    assert_eq!(lab.get("/v2/lab/app/manifests/1").await.status, StatusCode::NOT_FOUND);
    sleep(3 * DAY).await;
    assert_eq!(gc(&lab.registry, Untagged::Remove).await.unwrap().blobs_removed, 0);
    let tags = lab.registry.restore(&name, &digest).await.unwrap();
    assert_eq!(tags.iter().map(|tag| tag.as_str()).collect::<Vec<_>>(), ["1"]);
    assert_eq!(lab.get("/v2/lab/app/manifests/1").await.body, image);
    delete(&lab, "/v2/lab/app/manifests/1").await;
    delete(&lab, &format!("/v2/lab/app/manifests/{digest}")).await;
    sleep(8 * DAY).await;
    let report = gc(&lab.registry, Untagged::Remove).await.unwrap();
    assert_eq!((report.blobs_removed, report.links_removed), (3, 3), "the tombstone goes with its content: {report:?}");
    assert!(matches!(lab.registry.restore(&name, &digest).await, Err(LifeError::NothingToRestore(_))));
    assert_eq!(blobs(&lab), 0);
}
