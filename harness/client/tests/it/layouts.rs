//! OCI layouts as target and as source.

use http::Method;
use shakedown_client::{CallPolicy, Image, ImageSpec, OciLayout, PullImage, PushImage};
use shakedown_oci::Flavor;
use shakedown_wire::WireError;

use crate::fake::{Fake, client, cut, repository, tag};

#[tokio::test]
async fn an_index_is_pulled_into_a_layout_and_pushed_from_it() {
    let fake = Fake::default();
    let registry = client(&fake, CallPolicy::single());
    let images = ["linux/amd64", "linux/arm64"]
        .map(|name| (name.parse().unwrap(), ImageSpec::of_sizes([5000, name.len() as u64]).build(3)));
    let image = Image::index(Flavor::Oci, images.to_vec());
    registry.push_image(&repository(), &tag("1"), &image, &PushImage::default()).await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let layout = OciLayout::create(directory.path().join("layout")).await.unwrap();
    for reference in ["1", "1", &image.root().descriptor.digest.to_string()] {
        registry.pull_image(&repository(), &tag(reference), &PullImage::default(), Some(&layout)).await.unwrap();
    }
    let read = OciLayout::open(directory.path().join("layout")).await.unwrap().image(None).await.unwrap();
    assert_eq!(read.summary(), image.summary());
    let other = Fake::default();
    client(&other, CallPolicy::single())
        .push_image(&repository(), &tag("2"), &read, &PushImage::default())
        .await
        .unwrap();
    assert_eq!(other.manifest("2"), fake.manifest("1"));
}

#[tokio::test]
async fn nothing_remains_of_a_failed_pull() {
    let fake = Fake::default();
    let registry = client(&fake, CallPolicy::single());
    let image = ImageSpec::of_sizes([5000]).build(3);
    registry.push_image(&repository(), &tag("1"), &image, &PushImage::default()).await.unwrap();
    for _ in 0..2 {
        fake.change(Method::GET, "/blobs/", |answer| cut(answer, 10, Some(WireError::Reset)));
    }
    let directory = tempfile::tempdir().unwrap();
    let layout = OciLayout::create(directory.path()).await.unwrap();
    registry.pull_image(&repository(), &tag("1"), &PullImage::default(), Some(&layout)).await.result.unwrap_err();
    let left: Vec<_> = walk(directory.path());
    assert_eq!(left, ["index.json", "oci-layout"]);
    let error = layout.image(None).await.unwrap_err();
    assert!(error.to_string().ends_with("it has no such image"), "{error}");
    assert!(OciLayout::open(directory.path().join("x")).await.is_err());
}

fn walk(directory: &std::path::Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            names.extend(walk(&entry.path()));
        } else {
            names.push(entry.file_name().into_string().unwrap());
        }
    }
    names.sort();
    names
}
