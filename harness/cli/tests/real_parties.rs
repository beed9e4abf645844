//! skopeo and docker-registry 2.8.2 against `shakedown serve`: images travel, buckets are shared, field figures come back.

mod support;

use std::path::Path;

use shakedown_wire::network::{self, NetworkOptions};
use shakedown_wire::{Body, Party};
use support::{assert_same_blobs, docker_registry, have, oci_layout, serve, skopeo_copy, word_after};

const MIB: usize = 1 << 20;

/// `http://127.0.0.1:PORT` of the ready line, without the scheme.
fn authority(ready: &str) -> &str {
    word_after(ready, "on http://")
}

fn oci(path: &Path) -> String {
    format!("oci:{}:1", path.display())
}

#[test]
fn skopeo_pushes_and_pulls_a_large_image_on_the_reference_registry() {
    if !have("skopeo") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let image = oci_layout(&home.path().join("in"), &[101 * MIB, 12 * MIB, 4096, 1]);
    let (registry, ready) = serve(&["registry", "--listen", "127.0.0.1:0"], home.path());
    let name = format!("docker://{}/lab/app:1", authority(&ready));
    skopeo_copy(&oci(&image), &name, home.path());
    let back = home.path().join("out");
    skopeo_copy(&name, &oci(&back), home.path());
    assert_same_blobs(&image, &back);
    assert!(registry.terminate().success(), "SIGTERM ends it cleanly");
}

#[test]
fn skopeo_works_through_docker_registry_on_the_s3_mock_with_and_without_redirects() {
    if !have("skopeo") || !have("docker-registry") {
        return;
    }
    for redirect in [false, true] {
        let home = tempfile::tempdir().unwrap();
        let image = oci_layout(&home.path().join("in"), &[33 * MIB, 4096]);
        let (_s3, ready) = serve(&["s3", "--listen", "127.0.0.1:0"], home.path());
        let endpoint = word_after(&ready, "S3 on ");
        let (_registry, address) = docker_registry(endpoint, "lab", redirect, home.path());
        let name = format!("docker://{address}/lab/app:1");
        skopeo_copy(&oci(&image), &name, home.path());
        let back = home.path().join("out");
        skopeo_copy(&name, &oci(&back), home.path());
        assert_same_blobs(&image, &back);
    }
}

#[test]
fn a_bucket_written_by_one_registry_is_read_by_the_other() {
    if !have("skopeo") || !have("docker-registry") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let image = oci_layout(&home.path().join("in"), &[12 * MIB, 4096, 33 * MIB]);
    let (_s3, ready) = serve(&["s3", "--listen", "127.0.0.1:0"], home.path());
    let endpoint = word_after(&ready, "S3 on ");
    let (_theirs, address) = docker_registry(endpoint, "lab", false, home.path());
    let (_ours, ready) = serve(&["registry", "--listen", "127.0.0.1:0", "--s3-endpoint", endpoint], home.path());
    let ours = authority(&ready);
    for (writer, reader, repository) in [(address.as_str(), ours, "lab/theirs"), (ours, address.as_str(), "lab/ours")] {
        skopeo_copy(&oci(&image), &format!("docker://{writer}/{repository}:1"), home.path());
        let back = home.path().join(repository);
        std::fs::create_dir_all(&back).unwrap();
        skopeo_copy(&format!("docker://{reader}/{repository}:1"), &oci(&back), home.path());
        assert_same_blobs(&image, &back);
    }
}

/// One request; gives status, Content-Length as announced, Location, and the body.
async fn call(
    client: &Party,
    method: &str,
    uri: &str,
    body: &'static str,
) -> (u16, Option<u64>, Option<String>, Vec<u8>) {
    let request = http::Request::builder().method(method).uri(uri).body(Body::from(body)).unwrap();
    let answer = client.send(request).await.expect("an answer");
    let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    let (status, length, location) =
        (answer.status().as_u16(), header("content-length").and_then(|text| text.parse().ok()), header("location"));
    let body = answer.into_body().collect(1 << 20).await.expect("a whole body");
    (status, length, location, body.to_vec())
}

#[test]
fn docker_registry_shows_the_figures_of_the_field_reports() {
    if !have("docker-registry") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let faults = home.path().join("faults.yaml");
    std::fs::write(
        &faults,
        "- on: s3
  when: { operation: CreateMultipartUpload }
  effect: { visible-after: { what: multipart-uploads, delay: 60s } }
- on: s3
  when: { operation: GetObject, key-class: link, when-answer: { status: 404 } }
  effect: { answer: { status: 404, body: html } }
",
    )
    .unwrap();
    let (_s3, ready) = serve(&["s3", "--listen", "127.0.0.1:0", "--fault", faults.to_str().unwrap()], home.path());
    let (registry, address) = docker_registry(word_after(&ready, "S3 on "), "lab", false, home.path());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = network::client(&NetworkOptions::default());
        let base = format!("http://{address}/v2/gitlab-ci/100017681");
        let (status, _, location, _) = call(&client, "POST", &format!("{base}/blobs/uploads/"), "").await;
        assert_eq!(status, 202);
        let (status, _, _, body) = call(&client, "PATCH", &location.expect("a Location"), "some bytes").await;
        let text = String::from_utf8(body).unwrap();
        assert_eq!((status, text.len()), (500, 203), "{text}");
        let log = registry.line_with("err.detail");
        assert!(
            log.contains("s3aws: Path not found: /docker/registry/v2/repositories/gitlab-ci/100017681/_uploads/"),
            "{log}"
        );

        let missing = format!("{base}/blobs/sha256:{}", "0".repeat(64));
        let (status, length, _, _) = call(&client, "HEAD", &missing, "").await;
        assert_eq!((status, length), (500, Some(123)));
    });
}
