//! Storage requests of each operation, counted exactly (issue: latency of requests decides, not bandwidth).

use http::{Method, StatusCode};
use shakedown_oci::Digest;

use crate::support::{Lab, manifest};

#[tokio::test(start_paused = true)]
async fn operations_keep_to_their_budgets() {
    let lab = Lab::new();
    let mut table = Vec::new();
    let mut before = 0;
    let mut note = |lab: &Lab, what: &str| {
        let now = lab.requests();
        table.push(format!("{what}: {}", now - before));
        before = now;
    };
    // One of them looks for a garbage collection; that look counts for a while.
    let config = lab.push_blob("lab/app", b"{}").await;
    note(&lab, "push of a small blob by POST, PATCH, PUT");
    let location = lab.start("lab/app").await;
    let layer = Digest::of(b"layer");
    assert_eq!(lab.put(&location, &layer, b"layer").await.status, StatusCode::CREATED);
    note(&lab, "push of a small blob by POST, PUT");
    let small = Digest::of(b"small");
    let path = format!("/v2/lab/app/blobs/uploads/?digest={small}");
    assert_eq!(lab.call(Method::POST, &path, &[], "small").await.status, StatusCode::CREATED);
    note(&lab, "push of a small blob by POST");
    lab.head(&format!("/v2/lab/app/blobs/{layer}")).await;
    note(&lab, "HEAD blob");
    lab.get(&format!("/v2/lab/app/blobs/{layer}")).await;
    note(&lab, "GET blob");
    lab.head(&format!("/v2/lab/app/blobs/{}", Digest::of(b"?"))).await;
    note(&lab, "HEAD missing blob");
    let bytes = manifest(&config, &layer, 5);
    assert_eq!(lab.put_manifest("lab/app", "v1", &bytes).await.status, StatusCode::CREATED);
    note(&lab, "PUT manifest by tag");
    assert_eq!(lab.get("/v2/lab/app/manifests/v1").await.body, bytes);
    note(&lab, "GET manifest by tag");
    lab.get("/v2/lab/app/tags/list").await;
    note(&lab, "tags/list");
    lab.get("/v2/").await;
    note(&lab, "/v2/");
    assert_eq!(lab.requests(), lab.s3.recorder().exchanges().len() as u64, "counted at both ends");
    insta::assert_snapshot!(table.join("\n"), @r"
    push of a small blob by POST, PATCH, PUT: 9
    push of a small blob by POST, PUT: 6
    push of a small blob by POST: 3
    HEAD blob: 2
    GET blob: 2
    HEAD missing blob: 1
    PUT manifest by tag: 9
    GET manifest by tag: 3
    tags/list: 1
    /v2/: 0
    ");
}
