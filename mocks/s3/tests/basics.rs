//! The usual life of objects, uploads and listings, over HTTP and as the admin sees it.

mod common;

use bytes::Bytes;
use common::{BUCKET, client};
use http::Method;
use shakedown_s3::AdminError;

#[tokio::test(start_paused = true)]
async fn an_object_is_put_read_listed_copied_and_deleted() {
    let s3 = client();
    let put = s3.send(Method::PUT, "/lab/a/b%20c", &[("content-type", "text/x"), ("x-amz-meta-n", "1")], "hello").await;
    assert_eq!(put.status, 200, "{}", put.text());
    assert_eq!(put.header("etag"), "\"5d41402abc4b2a76b9719d911017c592\"");
    let get = s3.get("/lab/a/b%20c").await;
    assert_eq!((get.status.as_u16(), get.text()), (200, "hello"));
    assert_eq!(
        (get.header("content-type"), get.header("x-amz-meta-n"), get.header("content-length")),
        ("text/x", "1", "5")
    );
    assert_eq!(get.header("last-modified"), "Thu, 01 Jan 2026 00:00:00 GMT");
    assert!(!get.header("x-amz-request-id").is_empty() && !get.header("x-amz-id-2").is_empty());
    let head = s3.head("/lab/a/b%20c").await;
    assert_eq!((head.status.as_u16(), head.header("content-length"), head.text()), (200, "5", ""));
    let range = s3.send(Method::GET, "/lab/a/b%20c", &[("range", "bytes=1-2")], "").await;
    assert_eq!((range.status.as_u16(), range.text(), range.header("content-range")), (206, "el", "bytes 1-2/5"));
    let past = s3.send(Method::GET, "/lab/a/b%20c", &[("range", "bytes=5-")], "").await;
    assert_eq!((past.error(), past.header("content-range")), ((416, "InvalidRange"), "bytes */5"));
    let copy = s3.send(Method::PUT, "/lab/copy", &[("x-amz-copy-source", "/lab/a/b%20c")], "").await;
    assert_eq!(copy.element("ETag"), Some("&quot;5d41402abc4b2a76b9719d911017c592&quot;"));
    assert_eq!(s3.get("/lab?prefix=a").await.elements("Key"), ["a/b c"]);
    assert_eq!(s3.get("/lab?list-type=2&delimiter=/").await.elements("KeyCount"), ["2"]);
    assert_eq!(s3.delete("/lab/copy").await.status, 204);
    assert_eq!(s3.delete("/lab/copy").await.status, 204);
    assert_eq!(s3.get("/lab/copy").await.error(), (404, "NoSuchKey"));
    let missing = s3.head("/lab/copy").await;
    assert_eq!((missing.status.as_u16(), missing.text()), (404, ""));
    assert_eq!(s3.get("/other/x").await.error(), (404, "NoSuchBucket"));
    let keys: Vec<String> = s3.mock.admin().list(BUCKET, "").into_iter().map(|entry| entry.key).collect();
    assert_eq!(keys, ["a/b c"]);
}

#[tokio::test(start_paused = true)]
async fn a_multipart_upload_becomes_an_object() {
    let s3 = client();
    let id = s3.create_upload("big").await;
    let first = vec![b'a'; 5 << 20];
    let one = s3.upload_part("big", &id, 1, first.clone()).await;
    let two = s3.upload_part("big", &id, 2, "tail").await;
    assert_eq!(s3.head("/lab/big").await.status, 404, "not there before it is completed");
    let uploads = s3.get("/lab?uploads&prefix=big").await;
    assert_eq!((uploads.elements("UploadId"), uploads.element("IsTruncated")), (vec![id.as_str()], Some("false")));
    let parts = s3.get(&format!("/lab/big?uploadId={id}")).await;
    assert_eq!((parts.elements("PartNumber"), parts.elements("Size")), (vec!["1", "2"], vec!["5242880", "4"]));
    assert_eq!(s3.mock.admin().uploads(BUCKET)[0].parts.len(), 2);
    let done = s3.complete("big", &id, &[(1, &one), (2, &two)]).await;
    assert_eq!(done.status, 200, "{}", done.text());
    assert!(done.element("ETag").unwrap().ends_with("-2&quot;"));
    let again = s3.complete("big", &id, &[(1, &one), (2, &two)]).await;
    assert_eq!(again.element("ETag"), done.element("ETag"), "as AWS: a repetition is answered alike");
    let whole = s3.get("/lab/big").await;
    assert_eq!(whole.body.len(), (5 << 20) + 4);
    assert_eq!(&whole.body[5 << 20..], b"tail");
    assert!(s3.mock.admin().uploads(BUCKET).is_empty());
    assert_eq!(s3.get(&format!("/lab/big?uploadId={id}")).await.error(), (404, "NoSuchUpload"));
}

#[tokio::test(start_paused = true)]
async fn an_aborted_upload_is_gone() {
    let s3 = client();
    let id = s3.create_upload("big").await;
    let empty = s3.get(&format!("/lab/big?uploadId={id}")).await;
    assert_eq!(
        (empty.status.as_u16(), empty.element("IsTruncated"), empty.elements("Part").len()),
        (200, Some("false"), 0)
    );
    assert_eq!(s3.delete(&format!("/lab/big?uploadId={id}")).await.status, 204);
    assert_eq!(s3.delete(&format!("/lab/big?uploadId={id}")).await.error(), (404, "NoSuchUpload"));
    assert_eq!(s3.get("/lab?uploads").await.elements("UploadId"), Vec::<&str>::new());
}

#[tokio::test(start_paused = true)]
async fn the_journal_says_what_was_asked() {
    let s3 = client();
    s3.put("/lab/docker/registry/v2/repositories/a/_uploads/1/startedat", "x").await;
    s3.get("/lab?uploads&prefix=docker/registry/v2/repositories/a/_uploads/1/data").await;
    s3.get("/lab/none").await;
    let exchanges = s3.mock.recorder().exchanges();
    let notes: Vec<String> = exchanges
        .iter()
        .map(|exchange| {
            let note = exchange.s3.as_ref().unwrap();
            let class = note.key_class.as_deref().unwrap_or("-");
            format!("{} {} {class} {}", note.operation, note.bucket, note.result.as_deref().unwrap_or("-"))
        })
        .collect();
    assert_eq!(
        notes,
        [
            "PutObject lab started-at -",
            "ListMultipartUploads lab upload-data 0 uploads",
            "GetObject lab other NoSuchKey"
        ]
    );
    assert!(!format!("{exchanges:?}").contains(common::SECRET_KEY));
}

#[tokio::test]
async fn many_objects_put_at_once_are_as_if_they_had_come_one_by_one() {
    let s3 = client();
    s3.put("/lab/n/00001", "what was there").await;
    s3.put("/lab/z", "stays").await;
    let admin = s3.mock.admin();
    let objects = |count: u32| (0..count).map(|n| (format!("n/{n:05}"), Bytes::from(n.to_string())));
    assert_eq!(admin.put_many(BUCKET, objects(60_000)).await.unwrap(), 60_000);
    let read = s3.get("/lab/n/00001").await;
    assert_eq!((read.text(), read.header("etag")), ("1", "\"c4ca4238a0b923820dcc509a6f75849b\""));
    assert_eq!(read.header("content-type"), "binary/octet-stream");
    assert_eq!(s3.get("/lab/n/59999").await.text(), "59999", "beyond the first bytes that are written together");
    assert_eq!(s3.get("/lab/z").await.text(), "stays");
    let page = s3.get("/lab?list-type=2&prefix=n/&start-after=n/59997").await;
    assert_eq!(page.elements("Key"), ["n/59998", "n/59999"]);
    s3.put("/lab/n/00001", "again").await;
    assert_eq!(s3.get("/lab/n/00001").await.text(), "again");
    assert_eq!(admin.list(BUCKET, "").len(), 60_001);
    let failed = admin.put_many("nobodys", objects(1)).await;
    assert_eq!(failed, Err(AdminError::NoSuchBucket("nobodys".to_owned())));

    // In a store that is full nothing is there afterwards.
    let mut small = common::config();
    small.limits.max_stored = 1000;
    let full = common::client_of(small);
    assert!(matches!(full.mock.admin().put_many(BUCKET, objects(2000)).await, Err(AdminError::Store(_))));
    assert_eq!(full.mock.admin().list(BUCKET, "").len(), 0);
}
