//! Pulling: everything is verified, cuts are taken up again, wrong bytes never pass.

use http::Method;
use shakedown_client::{CallPolicy, Client, ClientError, Image, ImageSpec, PullImage, PushImage};
use shakedown_oci::{Descriptor, Digest, Flavor, ManifestBuilder, media_type};
use shakedown_wire::{Body, WireError};

use crate::fake::{Fake, client, cut, repository, tag};

async fn pushed(client: &Client, image: &Image) {
    client.push_image(&repository(), &tag("1"), image, &PushImage::default()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_image_comes_back_as_it_was_pushed() {
    let fake = Fake::default();
    let client = client(&fake, CallPolicy::single());
    let image = ImageSpec::of_sizes([100_000, 0, 3]).build(9);
    pushed(&client, &image).await;
    let how = PullImage { head_first: true, ..PullImage::default() };
    let outcome = client.pull_image(&repository(), &tag("1"), &how, None).await;
    assert_eq!(outcome.findings, []);
    let pulled = outcome.unwrap();
    assert_eq!(pulled.summary().difference(&image.summary()), None);
    assert_eq!(pulled.root, image.root().descriptor.digest);
}

#[tokio::test(start_paused = true)]
async fn one_platform_of_an_index() {
    let fake = Fake::default();
    let client = client(&fake, CallPolicy::single());
    let (amd, arm) = (ImageSpec::of_sizes([10]).build(1), ImageSpec::of_sizes([20]).build(2));
    let entries = [("linux/amd64", amd), ("linux/arm64/v8", arm.clone()), ("unknown/unknown", arm)];
    let index = Image::index(Flavor::Oci, entries.map(|(name, image)| (name.parse().unwrap(), image)).to_vec());
    pushed(&client, &index).await;
    let how = |platform: &str| PullImage { platform: Some(platform.parse().unwrap()), ..PullImage::default() };
    let pulled = client.pull_image(&repository(), &tag("1"), &how("linux/arm64"), None).await.unwrap();
    assert_eq!((pulled.manifests.len(), pulled.blobs.len()), (2, 2));
    let missing = client.pull_image(&repository(), &tag("1"), &how("linux/s390x"), None).await;
    insta::assert_snapshot!(missing.result.unwrap_err(), @"GET http://registry.test/v2/lab/app/manifests/1: the index lists no image for linux/s390x");
    let all = client.pull_image(&repository(), &tag("1"), &PullImage::default(), None).await.unwrap();
    assert_eq!(all.summary(), index.summary());
}

#[tokio::test(start_paused = true)]
async fn a_cut_download_goes_on_by_range() {
    for error in [Some(WireError::Reset), Some(WireError::Truncated { received: 0 }), None] {
        let fake = Fake::default();
        let digest = fake.put_blob(vec![7; 10_000]);
        let broken = error.clone();
        fake.change(Method::GET, "/blobs/", move |answer| cut(answer, 4321, broken));
        let outcome = client(&fake, CallPolicy::patient()).pull_blob(&repository(), &digest, Some(10_000), None).await;
        assert_eq!(outcome.findings, [], "{error:?}");
        let pulled = outcome.unwrap();
        assert_eq!((pulled.size, pulled.resumed, pulled.bytes_received), (10_000, 1, 10_000));
        assert_eq!(fake.asked()[1].headers["range"], "bytes=4321-");
        let single = client(&fake, CallPolicy::single());
        fake.change(Method::GET, "/blobs/", move |answer| cut(answer, 4321, error));
        assert!(single.pull_blob(&repository(), &digest, Some(10_000), None).await.result.is_err());
    }
}

#[tokio::test(start_paused = true)]
async fn a_registry_without_ranges_is_read_again() {
    let fake = Fake::default();
    let digest = fake.put_blob((0..10_000).map(|n| n as u8).collect::<Vec<_>>());
    fake.change(Method::GET, "/blobs/", |answer| cut(answer, 4321, Some(WireError::Reset)));
    let whole = fake.blob(&digest).unwrap();
    fake.change(Method::GET, "/blobs/", move |_| Ok(http::Response::new(Body::full(whole))));
    let outcome = client(&fake, CallPolicy::patient()).pull_blob(&repository(), &digest, None, None).await;
    assert_eq!(outcome.unwrap().bytes_received, 14_321);
}

#[tokio::test(start_paused = true)]
async fn wrong_bytes_never_pass() {
    let asked = Digest::of(b"right");
    for (body, size, shown) in
        [("wrong", Some(5), "digest"), ("rightt", Some(5), "length"), ("", Some(5), "length"), ("", None, "digest")]
    {
        let fake = Fake::default();
        fake.instead(Method::GET, "/blobs/", move || Ok(http::Response::new(Body::from(body))));
        let outcome = client(&fake, CallPolicy::single()).pull_blob(&repository(), &asked, size, None).await;
        match outcome.result.unwrap_err() {
            ClientError::Digest { .. } => assert_eq!(shown, "digest", "{body}"),
            ClientError::Length { .. } => assert_eq!(shown, "length", "{body}"),
            other => panic!("{other}"),
        }
        // The missing Docker-Content-Digest is found, too.
        assert!(outcome.findings.iter().any(|finding| finding.rule == "PB2"));
    }
}

#[tokio::test(start_paused = true)]
async fn silence_ends_in_a_timeout() {
    let fake = Fake::default();
    let digest = fake.put_blob(vec![1; 10]);
    fake.instead(Method::GET, "/blobs/", || Ok(http::Response::new(Body::stream(futures_util::stream::pending()))));
    let outcome = client(&fake, CallPolicy::single()).pull_blob(&repository(), &digest, None, None).await;
    insta::assert_snapshot!(outcome.result.unwrap_err().to_string().replace(digest.hex(), "..."), @"GET http://registry.test/v2/lab/app/blobs/sha256:...: no answer within 60s");
}

#[tokio::test(start_paused = true)]
async fn manifests_are_verified_and_their_type_must_agree() {
    let fake = Fake::default();
    let config = Descriptor::of(media_type::OCI_CONFIG, b"{}");
    let bytes = ManifestBuilder::new(Flavor::Oci, config).render();
    let digest = Digest::of(&bytes);
    fake.put_manifest("docker", media_type::DOCKER_MANIFEST, bytes.clone());
    fake.put_manifest("charset", &format!("{}; charset=utf-8", media_type::OCI_MANIFEST), bytes.clone());
    fake.put_manifest(&digest.to_string(), media_type::OCI_MANIFEST, bytes[1..].to_vec());
    let client = client(&fake, CallPolicy::single());
    let mut shown = Vec::new();
    for reference in ["docker", "charset", &digest.to_string()] {
        let outcome = client.pull_manifest(&repository(), &tag(reference)).await;
        shown.push(outcome.result.map_or_else(|error| error.to_string(), |pulled| pulled.descriptor.media_type));
        shown.extend(outcome.findings.iter().map(|finding| format!("  {finding}")));
    }
    insta::assert_snapshot!(shown.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn an_image_is_copied_without_being_kept() {
    let (one, two) = (Fake::default(), Fake::default());
    let (from, to) = (client(&one, CallPolicy::single()), client(&two, CallPolicy::single()));
    let image = ImageSpec::of_sizes([100_000, 50]).build(4);
    pushed(&from, &image).await;
    let remote = from.remote_image(&repository(), &tag("1")).await.unwrap();
    let how = PushImage {
        blob: shakedown_client::PushBlob {
            mode: shakedown_client::PushMode::Chunked { size: 30_000 },
            ..Default::default()
        },
        concurrency: 2,
    };
    to.push_image(&repository(), &tag("copy"), &remote, &how).await.unwrap();
    let pulled = to.pull_image(&repository(), &tag("copy"), &PullImage::default(), None).await.unwrap();
    assert_eq!(pulled.summary(), image.summary());
}
