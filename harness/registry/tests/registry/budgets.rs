//! Storage requests of each operation, counted exactly (issue: latency of requests decides, not bandwidth).

use http::{Method, StatusCode};
use shakedown_oci::Digest;

use crate::support::{BUCKET, Lab, manifest};

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

/// A repository with `count` versions and some names that begin others; what the dearest page of ten takes: requests, and bytes of answers.
async fn dearest_page(count: u32) -> (u64, u64) {
    let lab = Lab::new();
    let few = ["1", "1.00", "2", "2-a", "2-a.b", "2-b", "x", "z-9"].map(str::to_owned);
    let mut tags: Vec<_> = few.into_iter().chain((0..count).map(|number| format!("1.{number:07}"))).collect();
    tags.sort();
    let link = |tag: &String| {
        let key = format!("docker/registry/v2/repositories/lab/app/_manifests/tags/{tag}/current/link");
        (key, Digest::of(b"{}").to_string().into())
    };
    lab.s3.admin().put_many(BUCKET, tags.iter().map(link)).await.unwrap();
    let (mut seen, mut dearest) = (Vec::new(), (0, 0));
    let mut path = "/v2/lab/app/tags/list?n=10".to_owned();
    loop {
        let before = lab.s3.recorder().exchanges().len();
        let reply = lab.get(&path).await;
        let calls = lab.s3.recorder().exchanges().split_off(before);
        let bytes = calls.iter().filter_map(|call| Some(call.response.as_ref()?.body.bytes)).sum();
        dearest = (dearest.0.max(calls.len() as u64), dearest.1.max(bytes));
        let names = reply.json()["tags"].as_array().unwrap().clone();
        seen.extend(names.iter().map(|name| name.as_str().unwrap().to_owned()));
        let Some((next, _)) = reply.header("link").split_once(">;") else { break };
        path = next.trim_start_matches('<').to_owned();
    }
    assert_eq!(seen, tags);
    dearest
}

#[tokio::test(start_paused = true)]
async fn a_page_of_tags_costs_the_same_however_many_there_are() {
    let (requests, bytes) = dearest_page(100).await;
    // One page, and a look for each of two names that begin the last one and are listed after all that they begin.
    assert!(requests <= 3 && bytes < 4000, "{requests} requests, {bytes} bytes");
    assert_eq!(dearest_page(3000).await, (requests, bytes));
}
