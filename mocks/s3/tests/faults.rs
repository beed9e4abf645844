//! What only a store can do wrong, each through a fault as a scenario file writes it.

mod common;

use std::time::Duration;

use common::{BUCKET, Client, client};
use http::Method;
use serde_json::{Value, json};
use shakedown_faults::Fault;

fn faults(s3: &Client, rules: &[Value]) {
    let rule = |rule: &Value| {
        let mut rule = rule.clone();
        rule["on"] = json!("s3");
        serde_json::from_value::<Fault>(rule).unwrap()
    };
    s3.mock.injector().replace(rules.iter().map(rule).collect(), 1);
}

async fn seconds(count: f64) {
    tokio::time::advance(Duration::from_secs_f64(count)).await;
}

async fn listed_uploads(s3: &Client, prefix: &str) -> Vec<String> {
    let reply = s3.get(&format!("/lab?uploads&prefix={prefix}")).await;
    reply.elements("Key").into_iter().map(str::to_owned).collect()
}

#[tokio::test(start_paused = true)]
async fn an_upload_is_listed_late_but_works_meanwhile() {
    let s3 = client();
    let effect = json!({ "visible-after": { "what": "multipart-uploads", "delay": "2200ms" } });
    faults(&s3, &[json!({ "when": { "operation": "CreateMultipartUpload" }, "effect": effect })]);
    let id = s3.create_upload("k").await;
    assert!(listed_uploads(&s3, "k").await.is_empty());
    let etag = s3.upload_part("k", &id, 1, "x").await;
    assert_eq!(s3.get(&format!("/lab/k?uploadId={id}")).await.elements("PartNumber"), ["1"]);
    seconds(2.1).await;
    assert!(listed_uploads(&s3, "k").await.is_empty());
    seconds(0.1).await;
    assert_eq!(listed_uploads(&s3, "k").await, ["k"]);
    assert_eq!(s3.complete("k", &id, &[(1, &etag)]).await.status, 200);
    let exchange = &s3.mock.recorder().exchanges()[0];
    assert_eq!(exchange.faults[0].effect, "visible-after");
}

#[tokio::test(start_paused = true)]
async fn an_object_is_listed_after_two_looks() {
    let s3 = client();
    let effect = json!({ "visible-after": { "what": "listing", "looks": 2 } });
    faults(&s3, &[json!({ "when": { "operation": "PutObject" }, "effect": effect })]);
    s3.put("/lab/a", "x").await;
    assert_eq!(s3.get("/lab/a").await.text(), "x", "readable at once");
    assert!(
        s3.get("/lab?prefix=b").await.elements("Key").is_empty(),
        "a look that would not have shown it does not count"
    );
    assert!(s3.get("/lab?prefix=a").await.elements("Key").is_empty());
    assert!(s3.get("/lab?list-type=2").await.elements("Key").is_empty());
    assert_eq!(s3.get("/lab?prefix=a").await.elements("Key"), ["a"]);
    assert_eq!(s3.mock.admin().list(BUCKET, "").len(), 1, "the admin sees through it");
}

#[tokio::test(start_paused = true)]
async fn a_hidden_overwrite_shows_what_stood_before() {
    let s3 = client();
    s3.put("/lab/tag", "old").await;
    let effect = json!({ "visible-after": { "what": ["object", "parts"], "delay": "1s" } });
    faults(&s3, &[json!({ "when": { "method": "PUT" }, "effect": effect })]);
    s3.put("/lab/tag", "new").await;
    s3.put("/lab/fresh", "new").await;
    assert_eq!(s3.get("/lab/tag").await.text(), "old");
    assert_eq!(s3.head("/lab/fresh").await.status, 404);
    let id = s3.create_upload("k").await;
    s3.upload_part("k", &id, 1, "x").await;
    assert!(s3.get(&format!("/lab/k?uploadId={id}")).await.elements("Part").is_empty());
    seconds(1.0).await;
    assert_eq!(s3.get("/lab/tag").await.text(), "new");
    assert_eq!(s3.head("/lab/fresh").await.status, 200);
    assert_eq!(s3.get(&format!("/lab/k?uploadId={id}")).await.elements("Part").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn stale_reads_and_remembered_404s() {
    let s3 = client();
    s3.put("/lab/tag", "old").await;
    seconds(10.0).await;
    s3.put("/lab/tag", "new").await;
    faults(
        &s3,
        &[
            json!({ "when": { "operation": "GetObject", "key": "tag" }, "effect": { "stale-read": { "younger-than": "3s" } } }),
        ],
    );
    assert_eq!(s3.get("/lab/tag").await.text(), "old");
    seconds(3.0).await;
    assert_eq!(s3.get("/lab/tag").await.text(), "new");
    faults(&s3, &[json!({ "when": { "nth": 1 }, "effect": { "negative-cache": "5s" } })]);
    assert_eq!(s3.get("/lab/link").await.status, 404);
    s3.put("/lab/link", "x").await;
    assert_eq!(s3.head("/lab/link").await.status, 404, "remembered, although the fault struck only once");
    seconds(5.0).await;
    assert_eq!(s3.get("/lab/link").await.text(), "x");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_applied_looks_done() {
    let s3 = client();
    s3.put("/lab/source", "data").await;
    faults(&s3, &[json!({ "effect": "not-applied" })]);
    assert_eq!(s3.put("/lab/a", "data").await.header("etag"), "\"8d777f385d3dfec8815d20f7496026dc\"");
    let copy = s3.send(Method::PUT, "/lab/b", &[("x-amz-copy-source", "lab/source")], "").await;
    assert!(copy.element("ETag").unwrap().contains("8d777f385d3dfec8815d20f7496026dc"));
    assert_eq!(s3.delete("/lab/source").await.status, 204);
    assert_eq!(s3.create_upload("c").await.len(), 52);
    s3.mock.injector().clear();
    let id = s3.create_upload("c").await;
    let etag = s3.upload_part("c", &id, 1, "x").await;
    faults(&s3, &[json!({ "effect": "not-applied" })]);
    assert!(s3.complete("c", &id, &[(1, &etag)]).await.element("ETag").is_some());
    assert_eq!(s3.upload_part("c", &id, 2, "y").await.len(), 34);
    let admin = s3.mock.admin();
    let keys: Vec<String> = admin.list(BUCKET, "").into_iter().map(|entry| entry.key).collect();
    assert_eq!(keys, ["source"]);
    assert_eq!(admin.uploads(BUCKET)[0].parts.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn wrong_pages_of_upload_listings() {
    let s3 = client();
    for key in ["a/data", "b/data", "c/data"] {
        s3.create_upload(key).await;
    }
    let page = |page: Value| json!({ "effect": { "page": page } });
    faults(&s3, &[page(json!({ "size": 2 }))]);
    let first = s3.get("/lab?uploads").await;
    assert_eq!((first.elements("Key"), first.element("IsTruncated")), (vec!["a/data", "b/data"], Some("true")));
    let (key, id) = (first.element("NextKeyMarker").unwrap(), first.element("NextUploadIdMarker").unwrap());
    let second = s3.get(&format!("/lab?uploads&key-marker={key}&upload-id-marker={id}")).await;
    assert_eq!((second.elements("Key"), second.element("IsTruncated")), (vec!["c/data"], Some("false")));
    let lost = s3.get(&format!("/lab?uploads&upload-id-marker={id}")).await;
    assert_eq!(lost.elements("Key"), ["a/data", "b/data"], "an upload-id-marker without a key-marker is ignored");
    faults(&s3, &[page(json!("stuck"))]);
    let again = s3.get(&format!("/lab?uploads&max-uploads=1&key-marker={key}")).await;
    assert_eq!((again.elements("Key"), again.element("IsTruncated")), (vec!["a/data"], Some("true")));
    faults(&s3, &[page(json!("no-next-marker"))]);
    let blind = s3.get("/lab?uploads&max-uploads=1").await;
    assert_eq!((blind.element("IsTruncated"), blind.element("NextKeyMarker")), (Some("true"), None));
    faults(&s3, &[page(json!("ignore-prefix"))]);
    assert_eq!(listed_uploads(&s3, "b/").await.len(), 3);
    faults(&s3, &[page(json!("exact-prefix"))]);
    assert!(listed_uploads(&s3, "b/").await.is_empty());
    assert_eq!(listed_uploads(&s3, "b/data").await, ["b/data"]);
    faults(&s3, &[page(json!("empty"))]);
    assert!(listed_uploads(&s3, "").await.is_empty());
    faults(&s3, &[page(json!("empty-is-error"))]);
    assert_eq!(s3.get("/lab?uploads&prefix=none").await.error(), (500, "InternalError"));
    assert_eq!(listed_uploads(&s3, "a").await, ["a/data"]);
}

#[tokio::test(start_paused = true)]
async fn a_late_page_shows_what_there_was_when_it_was_asked_for() {
    let s3 = client();
    s3.put("/lab/a", "x").await;
    s3.create_upload("early").await;
    let effect = json!({ "all": [{ "page": "snapshot" }, { "delay": "2s" }] });
    faults(&s3, &[json!({ "when": { "method": "GET" }, "effect": effect })]);
    let slow = |target: &'static str| {
        let s3 = s3.clone();
        tokio::spawn(async move { s3.get(target).await })
    };
    let (uploads, objects) = (slow("/lab?uploads"), slow("/lab?list-type=2"));
    tokio::task::yield_now().await;
    seconds(1.0).await;
    s3.create_upload("late").await;
    s3.put("/lab/b", "x").await;
    s3.delete("/lab/a").await;
    assert_eq!(uploads.await.unwrap().elements("Key"), ["early"]);
    assert_eq!(objects.await.unwrap().elements("Key"), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn foreign_uploads_come_first() {
    let s3 = client();
    faults(&s3, &[json!({ "when": { "operation": "CreateMultipartUpload" }, "effect": "foreign-upload" })]);
    let id = s3.create_upload("k").await;
    let ids: Vec<String> =
        s3.get("/lab?uploads&prefix=k").await.elements("UploadId").into_iter().map(str::to_owned).collect();
    assert_eq!((ids.len(), &ids[1]), (2, &id));
    assert!(s3.mock.admin().uploads(BUCKET)[0].foreign);
    let part = s3.put(&format!("/lab/k?partNumber=1&uploadId={}", ids[0]), "x").await;
    assert_eq!(part.status, 200, "a registry can write into the stranger's upload");
    faults(&s3, &[json!({ "effect": { "foreign-uploads": 1500 } })]);
    let first = s3.get("/lab?uploads&prefix=k").await;
    assert_eq!((first.elements("Upload").len(), first.element("IsTruncated")), (1000, Some("true")));
    assert!(!first.elements("Key").contains(&"k"));
    let next = first.element("NextKeyMarker").unwrap();
    let second = s3.get(&format!("/lab?uploads&prefix=k&key-marker={next}")).await;
    assert_eq!((second.elements("Upload").len(), second.element("IsTruncated")), (502, Some("false")));
    assert_eq!(second.elements("Key").last(), Some(&"k"));
}

#[tokio::test(start_paused = true)]
async fn clock_range_key_and_delete_faults() {
    let s3 = client();
    s3.put("/lab/a", "hello").await;
    faults(&s3, &[json!({ "when": { "nth": 1 }, "effect": { "clock-skew": "-16m" } })]);
    assert_eq!(s3.get("/lab/a").await.error(), (403, "RequestTimeTooSkewed"));
    faults(&s3, &[json!({ "effect": "ignore-range" })]);
    let whole = s3.send(Method::GET, "/lab/a", &[("range", "bytes=1-2")], "").await;
    assert_eq!((whole.status.as_u16(), whole.text(), whole.header("content-length")), (200, "hello", "5"));
    faults(&s3, &[json!({ "effect": { "delete-errors": "AccessDenied" } })]);
    let body = "<Delete><Object><Key>a</Key></Object></Delete>";
    let headers = [("content-md5", "aFPqFnlCon58cZ4Qt7zwvQ==")];
    let reply = s3.send(Method::POST, "/lab?delete", &headers, body).await;
    assert_eq!((reply.status.as_u16(), reply.element("Code")), (200, Some("AccessDenied")), "{}", reply.text());
    faults(&s3, &[json!({ "when": { "nth": 1 }, "effect": "revoke-key" })]);
    for _ in 0..2 {
        assert_eq!(s3.get("/lab/a").await.error(), (403, "InvalidAccessKeyId"));
    }
    s3.mock.admin().set_credentials(vec![s3.credential.clone()]);
    assert_eq!(s3.get("/lab/a").await.text(), "hello");
}

#[tokio::test(start_paused = true)]
async fn a_lost_reply_leaves_the_work_done() {
    let s3 = client();
    let id = s3.create_upload("k").await;
    let etag = s3.upload_part("k", &id, 1, "x").await;
    faults(
        &s3,
        &[
            json!({ "when": { "operation": "CompleteMultipartUpload", "at-most": 1 }, "effect": { "lost-reply": { "status": 503 } } }),
        ],
    );
    assert_eq!(s3.complete("k", &id, &[(1, &etag)]).await.status, 503);
    assert_eq!(s3.mock.admin().stat(BUCKET, "k").unwrap().size, 1);
    assert_eq!(s3.complete("k", &id, &[(1, &etag)]).await.status, 200);
    s3.mock.configure(|config| config.complete_idempotent = false);
    assert_eq!(s3.complete("k", &id, &[(1, &etag)]).await.error(), (404, "NoSuchUpload"));
}

#[tokio::test(start_paused = true)]
async fn equal_seeds_give_equal_runs() {
    let run = async || {
        let s3 = client();
        faults(
            &s3,
            &[json!({ "when": { "probability": 0.5, "operation": "GetObject" }, "effect": { "status": 500 } })],
        );
        s3.put("/lab/a", "x").await;
        s3.create_upload("k").await;
        for _ in 0..20 {
            s3.get("/lab/a").await;
        }
        serde_json::to_string(&s3.mock.recorder().exchanges()).unwrap()
    };
    assert_eq!(run().await, run().await);
}
