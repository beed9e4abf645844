//! Pushing: the four modes, what is sent, and taking up what broke off.

use http::Method;
use shakedown_client::{Blob, CallPolicy, Content, Fate, ImageSpec, PushBlob, PushImage, PushMode};
use shakedown_oci::{Descriptor, Flavor, ManifestBuilder, media_type};
use shakedown_wire::WireError;

use crate::fake::{Fake, client, error, repository, status, tag};

const MODES: [PushMode; 4] =
    [PushMode::Monolithic, PushMode::SinglePost, PushMode::Streamed, PushMode::Chunked { size: 30_000 }];

fn layer(size: u64) -> Blob {
    Blob::synthetic(media_type::OCI_LAYER, Content::new(5, size))
}

fn how(mode: PushMode) -> PushBlob {
    PushBlob { mode, ..PushBlob::default() }
}

#[tokio::test(start_paused = true)]
async fn every_mode_pushes_every_size() {
    for mode in MODES {
        for size in [0, 1, 30_000, 100_000] {
            let fake = Fake::default();
            let blob = layer(size);
            let outcome = client(&fake, CallPolicy::single()).push_blob(&repository(), &blob, &how(mode)).await;
            assert_eq!(outcome.findings, [], "{mode:?} {size}");
            let pushed = outcome.unwrap();
            assert_eq!((pushed.fate, pushed.resumed), (Fate::Uploaded, 0));
            assert_eq!(fake.blob(&blob.descriptor.digest).unwrap().len() as u64, size);
            assert!(pushed.location.unwrap().to_string().starts_with("http://registry.test/v2/lab/app/blobs/sha256:"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_each_mode_sends() {
    let mut shown = Vec::new();
    for mode in MODES {
        let fake = Fake::default();
        client(&fake, CallPolicy::single()).push_blob(&repository(), &layer(70_000), &how(mode)).await.unwrap();
        shown.push(format!("{mode:?}"));
        for (line, asked) in fake.log().into_iter().zip(fake.asked()) {
            let length = asked.headers.get("content-length").map_or("chunked", |length| length.to_str().unwrap());
            shown.push(format!("  {line} ({length})"));
        }
    }
    insta::assert_snapshot!(shown.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn the_digest_joins_the_query_of_the_location() {
    let fake = Fake::default();
    client(&fake, CallPolicy::single()).push_blob(&repository(), &layer(10), &how(PushMode::Monolithic)).await.unwrap();
    let put = fake.asked().pop().unwrap();
    assert!(put.uri.contains("?_state=a%3D&digest=sha256:"), "{}", put.uri);
}

#[tokio::test(start_paused = true)]
async fn a_single_post_is_enough_where_it_is_supported() {
    let fake = Fake::default();
    fake.allow_single_post();
    let outcome =
        client(&fake, CallPolicy::single()).push_blob(&repository(), &layer(10), &how(PushMode::SinglePost)).await;
    assert_eq!(outcome.traces.len(), 1);
    assert_eq!(outcome.unwrap().bytes_sent, 10);
}

#[tokio::test(start_paused = true)]
async fn what_is_there_is_not_pushed() {
    let fake = Fake::default();
    let blob = layer(1000);
    fake.put_blob(Blob::bytes("x/y", "other").source.read(0..5).await.unwrap().collect(5).await.unwrap());
    let client = client(&fake, CallPolicy::single());
    let first = PushBlob { head_first: true, verify: true, ..PushBlob::default() };
    assert_eq!(client.push_blob(&repository(), &blob, &first).await.unwrap().fate, Fate::Uploaded);
    assert_eq!(client.push_blob(&repository(), &blob, &first).await.unwrap().fate, Fate::Existed);
    let mount = PushBlob { mount_from: Some("lab/base".parse().unwrap()), ..PushBlob::default() };
    assert_eq!(client.push_blob(&repository(), &blob, &mount).await.unwrap().fate, Fate::Mounted);
    // Where it cannot be mounted, the 202 of the mount is the upload (MO3, D16).
    let other = layer(2000);
    let outcome = client.push_blob(&repository(), &other, &mount).await;
    assert_eq!(outcome.traces.len(), 3);
    assert_eq!(outcome.unwrap().fate, Fate::Uploaded);
}

#[tokio::test(start_paused = true)]
async fn minimum_chunks_are_honoured() {
    let fake = Fake::default();
    fake.min_chunk(40_000);
    client(&fake, CallPolicy::single())
        .push_blob(&repository(), &layer(100_000), &how(PushMode::Chunked { size: 10 }))
        .await
        .unwrap();
    let ranges: Vec<_> =
        fake.log().iter().filter_map(|line| line.split_once("1 ").map(|(_, range)| range.to_owned())).collect();
    assert_eq!(ranges, ["0-39999", "40000-79999", "80000-99999"]);
}

#[tokio::test(start_paused = true)]
async fn the_first_answer_counts_without_retries() {
    let fake = Fake::default();
    fake.instead(Method::PATCH, "/uploads/", || Ok(status(503)));
    let outcome =
        client(&fake, CallPolicy::single()).push_blob(&repository(), &layer(10), &how(PushMode::Streamed)).await;
    assert_eq!(outcome.status(), Some(503));
    assert_eq!(fake.log().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_broken_upload_goes_on_where_it_stopped() {
    for mode in MODES {
        let fake = Fake::default();
        let method =
            if mode == PushMode::Monolithic || mode == PushMode::SinglePost { Method::PUT } else { Method::PATCH };
        fake.cut_request(method.clone(), 12_345);
        let blob = layer(100_000);
        if method == Method::PUT {
            // What a cut PUT leaves behind is not told by this registry: the upload is gone.
            fake.instead(Method::PUT, "/uploads/", || Err(WireError::Reset));
        }
        let outcome = client(&fake, CallPolicy::patient()).push_blob(&repository(), &blob, &how(mode)).await;
        assert_eq!(outcome.findings, [], "{mode:?}");
        let pushed = outcome.unwrap();
        assert_eq!(pushed.resumed, 1, "{mode:?}");
        assert_eq!(fake.blob(&blob.descriptor.digest).unwrap().len(), 100_000);
        if method == Method::PATCH {
            assert!(fake.log().iter().any(|line| line.contains(" 12345-")), "{:?}", fake.log());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_201_is_found_by_head() {
    let fake = Fake::default();
    fake.change(Method::PUT, "/uploads/", |_| Err(WireError::Closed));
    let outcome =
        client(&fake, CallPolicy::patient()).push_blob(&repository(), &layer(10), &how(PushMode::Streamed)).await;
    assert_eq!(outcome.unwrap().resumed, 1);
    assert_eq!(
        fake.log(),
        [
            "POST lab/app/blobs/uploads/",
            "PATCH lab/app/blobs/uploads/1",
            "PUT lab/app/blobs/uploads/1",
            "HEAD lab/app/blobs/D"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_lost_session_begins_anew() {
    let fake = Fake::default();
    fake.instead(Method::PATCH, "/uploads/1", || Ok(error(404, "BLOB_UPLOAD_UNKNOWN")));
    fake.instead(Method::GET, "/uploads/1", || Ok(error(404, "BLOB_UPLOAD_UNKNOWN")));
    let outcome =
        client(&fake, CallPolicy::patient()).push_blob(&repository(), &layer(10), &how(PushMode::Streamed)).await;
    outcome.unwrap();
    assert!(fake.log().contains(&"PATCH lab/app/blobs/uploads/2 0-9".to_owned()), "{:?}", fake.log());
}

#[tokio::test(start_paused = true)]
async fn chunks_that_are_too_large_become_smaller() {
    let fake = Fake::default();
    for _ in 0..2 {
        fake.instead(Method::PATCH, "/uploads/", || Ok(error(413, "SIZE_INVALID")));
    }
    let mode = PushMode::Chunked { size: 400_000 };
    let outcome = client(&fake, CallPolicy::patient()).push_blob(&repository(), &layer(300_000), &how(mode)).await;
    outcome.unwrap();
    let ranges: Vec<_> = fake.log().iter().filter_map(|line| Some(line.rsplit_once(' ')?.1.to_owned())).collect();
    let ranges: Vec<_> = ranges.iter().filter(|range| range.contains('-')).collect();
    assert_eq!(ranges, ["0-299999", "0-149999", "0-74999", "75000-149999", "150000-224999", "225000-299999"]);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_for_good_is_not_repeated() {
    let fake = Fake::default();
    fake.instead(Method::POST, "/uploads/", || Ok(error(403, "DENIED")));
    let outcome =
        client(&fake, CallPolicy::patient()).push_blob(&repository(), &layer(10), &how(PushMode::Streamed)).await;
    let shown = outcome.result.unwrap_err();
    assert_eq!((shown.status(), shown.code()), (Some(403), Some("DENIED")));
    insta::assert_snapshot!(shown, @"POST http://registry.test/v2/lab/app/blobs/uploads/: 403 Forbidden, DENIED: no");
    assert_eq!(fake.log().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_digest_is_the_registrys_to_refuse_and_the_upload_can_be_cancelled() {
    let fake = Fake::default();
    let mut blob = layer(10);
    blob.descriptor.digest = shakedown_oci::Digest::of(b"another");
    let how = PushBlob { cancel: true, ..PushBlob::default() };
    let outcome = client(&fake, CallPolicy::single()).push_blob(&repository(), &blob, &how).await;
    assert_eq!(outcome.status(), Some(400));
    assert_eq!(fake.log().last().unwrap(), "DELETE lab/app/blobs/uploads/1");
}

#[tokio::test(start_paused = true)]
async fn an_acknowledged_blob_that_is_not_there_is_found() {
    let fake = Fake::default();
    let blob = layer(10);
    let (registry, digest) = (fake.clone(), blob.descriptor.digest.clone());
    fake.change(Method::PUT, "/uploads/", move |answer| {
        registry.forget_blob(&digest);
        answer
    });
    let how = PushBlob { verify: true, ..PushBlob::default() };
    let outcome = client(&fake, CallPolicy::single()).push_blob(&repository(), &blob, &how).await;
    assert_eq!(outcome.findings.len(), 1);
    assert!(outcome.result.unwrap_err().to_string().contains("acknowledged with 201"));
}

#[tokio::test(start_paused = true)]
async fn images_go_up_children_first() {
    let fake = Fake::default();
    let amd = ImageSpec::of_sizes([5000, 7000]).build(1);
    let arm = ImageSpec::of_sizes([5000]).build(2);
    let platforms = ["linux/amd64".parse().unwrap(), "linux/arm64".parse().unwrap()];
    let image = shakedown_client::Image::index(Flavor::Oci, platforms.into_iter().zip([amd, arm]).collect());
    let client = client(&fake, CallPolicy::single());
    let outcome = client.push_image(&repository(), &tag("1"), &image, &PushImage::default()).await;
    assert_eq!(outcome.findings, []);
    let pushed = outcome.unwrap();
    assert_eq!(pushed.digest, image.root().descriptor.digest);
    assert_eq!(pushed.blobs.len(), 5);
    let puts: Vec<_> = fake.log().into_iter().filter(|line| line.contains("manifests")).collect();
    assert_eq!(puts, ["PUT lab/app/manifests/D", "PUT lab/app/manifests/D", "PUT lab/app/manifests/1"]);
    let again = client.push_image(&repository(), &tag("1"), &image, &PushImage::default()).await.unwrap();
    assert_eq!(again.bytes_sent, 0);
    assert!(again.blobs.iter().all(|blob| blob.fate == Fate::Existed));
}

#[tokio::test(start_paused = true)]
async fn a_subject_goes_into_the_referrers_tag_where_there_is_no_api() {
    let fake = Fake::default();
    let client = client(&fake, CallPolicy::single());
    let subject = Descriptor::of(media_type::OCI_MANIFEST, b"subject");
    for (index, kind) in ["a/one", "a/two", "a/one"].into_iter().enumerate() {
        let bytes = ManifestBuilder::artifact(kind).subject(subject.clone()).annotation("k", kind).render();
        let manifest = shakedown_client::StoredManifest::new(media_type::OCI_MANIFEST, bytes);
        let pushed =
            client.push_manifest(&repository(), &manifest.descriptor.digest.clone().into(), &manifest).await.unwrap();
        assert!(pushed.fallback, "{index}");
    }
    let listed = client.referrers(&repository(), &subject.digest, None).await.unwrap();
    assert_eq!(listed.from, shakedown_client::ReferrersFrom::Tag);
    assert_eq!(listed.entries.len(), 2);
    let one = client.referrers(&repository(), &subject.digest, Some("a/one")).await.unwrap();
    assert_eq!(one.entries.len(), 1);
    assert_eq!(one.entries[0].annotations["k"], "a/one");
}
