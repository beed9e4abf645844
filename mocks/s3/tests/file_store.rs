//! The file store: what outlives a restart, and what does not stay behind.

mod common;

use std::path::Path;

use common::{BUCKET, Client, config, of_mock};
use http::Method;
use shakedown_s3::{OpenError, S3Mock};
use shakedown_wire::Clock;

fn open(directory: &Path) -> Client {
    of_mock(S3Mock::open(config(), Clock::real_time(), 7, directory).unwrap())
}

fn files(directory: &Path) -> Vec<(String, u64)> {
    let mut files: Vec<(String, u64)> = std::fs::read_dir(directory.join("data"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), entry.metadata().unwrap().len()))
        .collect();
    files.sort();
    files
}

#[tokio::test]
async fn everything_is_there_again_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let body: Vec<u8> = (0..600_000u32).map(|n| n.to_le_bytes()[1]).collect();
    let (upload, etag);
    {
        let s3 = open(directory.path());
        s3.send(Method::PUT, "/lab/a", &[("x-amz-meta-n", "1"), ("content-type", "text/x")], body.clone()).await;
        s3.put("/lab/empty", "").await;
        s3.put("/lab/gone", "x").await;
        s3.delete("/lab/gone").await;
        s3.send(Method::PUT, "/lab/copy", &[("x-amz-copy-source", "lab/a")], "").await;
        upload = s3.create_upload("big").await;
        etag = s3.upload_part("big", &upload, 1, "part").await;
    }
    let s3 = open(directory.path());
    let a = s3.get("/lab/a").await;
    assert!(a.body == body, "the same bytes");
    assert_eq!((a.header("x-amz-meta-n"), a.header("content-type")), ("1", "text/x"));
    assert!(s3.get("/lab/copy").await.body == body, "the same bytes");
    assert_eq!(s3.get("/lab?list-type=2").await.elements("Key"), ["a", "copy", "empty"]);
    let range = s3.send(Method::GET, "/lab/a", &[("range", "bytes=300000-300009")], "").await;
    assert_eq!(range.body[..], body[300_000..300_010]);
    let later = s3.create_upload("big").await;
    assert!(later > upload, "uploads opened later are listed later, also over a restart");
    assert_eq!(s3.complete("big", &upload, &[(1, &etag)]).await.status, 200);
    assert_eq!(s3.get("/lab/big").await.text(), "part");
}

#[tokio::test]
async fn bytes_nobody_refers_to_are_removed() {
    let directory = tempfile::tempdir().unwrap();
    {
        let s3 = open(directory.path());
        s3.put("/lab/a", "first").await;
        s3.put("/lab/b", "kept").await;
        let bad = s3.send(Method::PUT, "/lab/c", &[("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==")], "never").await;
        assert_eq!(bad.error(), (400, "BadDigest"));
        let id = s3.create_upload("k").await;
        s3.upload_part("k", &id, 1, "part").await;
        assert_eq!(s3.delete(&format!("/lab/k?uploadId={id}")).await.status, 204);
        s3.delete("/lab/a").await;
    }
    std::fs::write(directory.path().join("data/00ff.part"), "torn").unwrap();
    let s3 = open(directory.path());
    assert_eq!(files(directory.path()).into_iter().map(|(_, size)| size).collect::<Vec<_>>(), [4], "only `kept`");
    s3.mock.admin().corrupt(BUCKET, "b", 0).await.unwrap();
    assert_eq!(s3.get("/lab/b").await.body[1..], b"ept"[..]);
    assert_ne!(s3.get("/lab/b").await.body[0], b'k');
}

#[tokio::test]
async fn a_torn_last_line_is_ignored_and_a_bad_one_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    open(directory.path()).put("/lab/a", "x").await;
    let index = directory.path().join("index.ndjson");
    let whole = std::fs::read_to_string(&index).unwrap();
    std::fs::write(&index, format!("{whole}{{\"object\":{{\"buck")).unwrap();
    assert_eq!(open(directory.path()).get("/lab/a").await.text(), "x");
    std::fs::write(&index, format!("{whole}nonsense\n")).unwrap();
    let error = S3Mock::open(config(), Clock::real_time(), 7, directory.path()).unwrap_err();
    assert!(matches!(error, OpenError::Index { line: 3, .. }), "{error}");
    assert_eq!(files(directory.path()).len(), 1, "a store that cannot be read is left as it is");
}

#[tokio::test]
async fn one_store_at_a_time() {
    let directory = tempfile::tempdir().unwrap();
    let _first = open(directory.path());
    let error = S3Mock::open(config(), Clock::real_time(), 7, directory.path()).unwrap_err();
    assert!(matches!(error, OpenError::InUse { .. }), "{error}");
}

#[tokio::test]
async fn many_objects_put_at_once_share_files_and_outlive_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    {
        let s3 = open(directory.path());
        let objects = (0..50_000_u32).map(|n| (format!("n/{n:05}"), format!("number {n:05}").into()));
        s3.mock.admin().put_many(common::BUCKET, objects).await.unwrap();
    }
    let s3 = open(directory.path());
    assert_eq!(s3.get("/lab/n/41234").await.text(), "number 41234");
    assert_eq!(files(directory.path()).len(), 3, "600 KB in pieces of 256 KiB");
}
