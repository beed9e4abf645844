//! S3's rules: what is refused, with which code, and what paging gives.

mod common;

use base64::Engine as _;
use common::{BUCKET, Client, How, client, client_of, config};
use http::Method;
use shakedown_s3::{EtagMode, Limits, S3Config};
use shakedown_wire::{Body, WireError};

fn small_parts() -> Client {
    client_of(S3Config { limits: Limits { min_part: 3, max_parts: 5, ..Limits::default() }, ..config() })
}

#[tokio::test(start_paused = true)]
async fn complete_obeys_the_rules_of_parts() {
    let s3 = small_parts();
    let id = s3.create_upload("k").await;
    let one = s3.upload_part("k", &id, 1, "aaa").await;
    let two = s3.upload_part("k", &id, 2, "bb").await;
    let three = s3.upload_part("k", &id, 3, "c").await;
    let small = s3.complete("k", &id, &[(1, &one), (2, &two), (3, &three)]).await;
    assert_eq!((small.error(), small.element("PartNumber")), ((400, "EntityTooSmall"), Some("2")));
    assert_eq!(s3.complete("k", &id, &[(2, &two), (1, &one)]).await.error(), (400, "InvalidPartOrder"));
    assert_eq!(s3.complete("k", &id, &[(1, &one), (1, &one)]).await.error(), (400, "InvalidPartOrder"));
    assert_eq!(s3.complete("k", &id, &[(1, &two)]).await.error(), (400, "InvalidPart"));
    assert_eq!(s3.complete("k", &id, &[(4, &one)]).await.error(), (400, "InvalidPart"));
    assert_eq!(s3.complete("k", &id, &[]).await.error(), (400, "MalformedXML"));
    let target = format!("/{BUCKET}/k?uploadId={id}");
    for bad in ["", "<x/>", "<CompleteMultipartUpload><Part/></CompleteMultipartUpload>"] {
        assert_eq!(s3.send(Method::POST, &target, &[], bad).await.error(), (400, "MalformedXML"), "{bad}");
    }
    let long = format!("<CompleteMultipartUpload>{}</CompleteMultipartUpload>", " ".repeat(1 << 20));
    assert_eq!(s3.send(Method::POST, &target, &[], long).await.error(), (400, "MaxMessageLengthExceeded"));
    assert_eq!(s3.complete("k", &id, &[(1, one.trim_matches('"')), (3, &three)]).await.status, 200);
    assert_eq!(s3.get("/lab/k").await.text(), "aaac");
    assert_eq!(s3.complete("k", "none", &[(1, &one)]).await.error(), (404, "NoSuchUpload"));
}

#[tokio::test(start_paused = true)]
async fn parts_have_numbers_and_an_upload() {
    let s3 = small_parts();
    let id = s3.create_upload("k").await;
    for number in ["0", "6", "-1", "x", "99999999999999999999"] {
        let reply = s3.put(&format!("/lab/k?partNumber={number}&uploadId={id}"), "x").await;
        assert_eq!(reply.error(), (400, "InvalidArgument"), "{number}");
    }
    assert_eq!(s3.put("/lab/k?partNumber=1&uploadId=none", "x").await.error(), (404, "NoSuchUpload"));
    assert_eq!(s3.put(&format!("/lab/other?partNumber=1&uploadId={id}"), "x").await.error(), (404, "NoSuchUpload"));
    s3.upload_part("k", &id, 1, "old").await;
    let etag = s3.upload_part("k", &id, 1, "new").await;
    assert_eq!(s3.complete("k", &id, &[(1, &etag)]).await.status, 200);
    assert_eq!(s3.get("/lab/k").await.text(), "new", "the last of a number wins");
    let id = s3.create_upload("empty").await;
    let etag = s3.upload_part("empty", &id, 1, "").await;
    assert_eq!(s3.complete("empty", &id, &[(1, &etag)]).await.status, 200);
    assert_eq!(s3.head("/lab/empty").await.header("content-length"), "0");
}

#[tokio::test(start_paused = true)]
async fn equal_parts_as_r2_wants_them() {
    let s3 = client_of(S3Config { limits: Limits { min_part: 1, equal_parts: true, ..Limits::default() }, ..config() });
    let id = s3.create_upload("k").await;
    let one = s3.upload_part("k", &id, 1, "aaa").await;
    let two = s3.upload_part("k", &id, 2, "bbbb").await;
    let three = s3.upload_part("k", &id, 3, "c").await;
    let reply = s3.complete("k", &id, &[(1, &one), (2, &two), (3, &three)]).await;
    assert_eq!(reply.error(), (400, "InvalidPart"));
    assert!(reply.element("Message").unwrap().starts_with("All non-trailing parts must have the same length"));
    assert_eq!(s3.complete("k", &id, &[(1, &one), (3, &three)]).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn bodies_must_be_what_their_heads_say() {
    let s3 = client();
    let put = async |headers: &[(&str, &str)]| s3.send(Method::PUT, "/lab/a", headers, "123456789").await;
    for (headers, want) in [
        (&[("content-md5", "JfnnlDI7RTiF9RgfG2JNCw==")][..], (200, "")),
        (&[("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==")], (400, "BadDigest")),
        (&[("content-md5", "AAAA")], (400, "InvalidDigest")),
        (&[("content-md5", "not base64")], (400, "InvalidDigest")),
        (&[("x-amz-checksum-crc32", "y/Q5Jg==")], (200, "")),
        (&[("x-amz-checksum-crc32c", "4waSgw==")], (200, "")),
        (&[("x-amz-checksum-crc64nvme", "rosUhgp5mIg=")], (200, "")),
        (&[("x-amz-checksum-sha1", "98O8HYCOBHMq32eZZczDTKeuNEE=")], (200, "")),
        (&[("x-amz-checksum-sha256", "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=")], (200, "")),
        (&[("x-amz-checksum-crc32", "AAAAAA==")], (400, "BadDigest")),
        (&[("x-amz-checksum-crc32", "AAAA")], (400, "InvalidRequest")),
        (&[("x-amz-content-sha256", "nonsense")], (400, "InvalidArgument")),
        (&[("x-amz-content-sha256", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD")], (501, "NotImplemented")),
        (&[("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")], (411, "MissingContentLength")),
    ] {
        s3.mock.admin().delete(BUCKET, "a").unwrap();
        let reply = put(headers).await;
        assert_eq!(reply.error(), want, "{headers:?}: {}", reply.text());
        assert_eq!(s3.mock.admin().stat(BUCKET, "a").is_some(), want.0 == 200, "{headers:?}");
    }
    let reply = s3.send(Method::GET, "/lab/a", &[("x-amz-checksum-mode", "ENABLED")], "").await;
    assert_eq!(reply.header("x-amz-checksum-crc32"), "");
    put(&[("x-amz-checksum-crc32", "y/Q5Jg==")]).await;
    let reply = s3.send(Method::GET, "/lab/a", &[("x-amz-checksum-mode", "ENABLED")], "").await;
    assert_eq!(reply.header("x-amz-checksum-crc32"), "y/Q5Jg==");
}

#[tokio::test(start_paused = true)]
async fn unsigned_trailers_are_verified() {
    let s3 = client();
    let put = async |trailer: &str| {
        let body = format!("5\r\n12345\r\n4\r\n6789\r\n0\r\n{trailer}\r\n");
        let headers = [
            ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
            ("x-amz-decoded-content-length", "9"),
            ("x-amz-trailer", "x-amz-checksum-crc32"),
            ("content-encoding", "aws-chunked"),
        ];
        s3.send(Method::PUT, "/lab/a", &headers, body).await
    };
    assert_eq!(put("x-amz-checksum-crc32:y/Q5Jg==\r\n").await.status, 200);
    let reply = s3.get("/lab/a").await;
    assert_eq!((reply.text(), reply.header("content-encoding")), ("123456789", ""));
    assert_eq!(put("x-amz-checksum-crc32:AAAAAA==\r\n").await.error(), (400, "BadDigest"));
    assert_eq!(put("").await.error(), (400, "MalformedTrailerError"));
}

#[tokio::test(start_paused = true)]
async fn lengths_are_needed_and_kept() {
    let s3 = client();
    let bodies: [(Body, (u16, &str)); 3] = [
        (Body::stream(futures_util::stream::iter([Ok("123".into())])), (411, "MissingContentLength")),
        (Body::sized(5, futures_util::stream::iter([Ok("123".into())])), (400, "IncompleteBody")),
        (
            Body::sized(5, futures_util::stream::iter([Ok("123".into()), Err(WireError::Reset)])),
            (400, "IncompleteBody"),
        ),
    ];
    for (body, want) in bodies {
        let mut request = s3.signed(How::Unsigned, Method::PUT, "/lab/a", &[], "".into());
        request.headers_mut().remove("content-length");
        // Content-Length was signed as 0; a signature without it is what a chunked body has.
        let unsigned = client_of(S3Config { verify_signatures: false, ..config() });
        let reply = unsigned.exchange(request.map(|_| body)).await;
        assert_eq!(reply.error(), want);
        assert_eq!(unsigned.mock.admin().stat(BUCKET, "a"), None);
    }
    let small = client_of(S3Config { limits: Limits { max_put: 3, max_stored: 5, ..Limits::default() }, ..config() });
    assert_eq!(small.put("/lab/a", "1234").await.error(), (400, "EntityTooLarge"));
    assert_eq!(small.put("/lab/a", "123").await.status, 200);
    assert_eq!(small.put("/lab/b", "123").await.error(), (503, "ServiceUnavailable"));
}

#[tokio::test(start_paused = true)]
async fn conditions_on_writes_and_copies() {
    let s3 = client();
    let create = [("if-none-match", "*")];
    assert_eq!(s3.send(Method::PUT, "/lab/a", &create, "1").await.status, 200);
    assert_eq!(s3.send(Method::PUT, "/lab/a", &create, "2").await.error(), (412, "PreconditionFailed"));
    let etag = s3.head("/lab/a").await.header("etag").to_owned();
    let unchanged = s3.send(Method::GET, "/lab/a", &[("if-none-match", &etag)], "").await;
    assert_eq!((unchanged.status.as_u16(), unchanged.text()), (304, ""));
    assert_eq!(s3.send(Method::GET, "/lab/a", &[("if-match", "\"x\"")], "").await.error(), (412, "PreconditionFailed"));
    let copy = async |headers: &[(&str, &str)]| s3.send(Method::PUT, "/lab/b", headers, "").await;
    let wrong = [("x-amz-copy-source", "lab/a"), ("x-amz-copy-source-if-match", "x")];
    assert_eq!(copy(&wrong).await.error(), (412, "PreconditionFailed"));
    assert_eq!(copy(&[("x-amz-copy-source", "lab")]).await.error(), (400, "InvalidArgument"));
    assert_eq!(copy(&[("x-amz-copy-source", "lab/none")]).await.error(), (404, "NoSuchKey"));
    assert_eq!(copy(&[("x-amz-copy-source", "none/a")]).await.error(), (404, "NoSuchBucket"));
    let replace = [("x-amz-copy-source", "/lab/a"), ("x-amz-metadata-directive", "REPLACE"), ("x-amz-meta-n", "2")];
    assert_eq!(copy(&replace).await.status, 200);
    assert_eq!(s3.head("/lab/b").await.header("x-amz-meta-n"), "2");
}

#[tokio::test(start_paused = true)]
async fn part_copies_take_ranges() {
    let s3 = small_parts();
    s3.put("/lab/source", "0123456789").await;
    let id = s3.create_upload("k").await;
    let copy = async |range: &str| {
        let headers = [("x-amz-copy-source", "lab/source"), ("x-amz-copy-source-range", range)];
        s3.send(Method::PUT, &format!("/lab/k?partNumber=1&uploadId={id}"), &headers, "").await
    };
    for bad in ["bytes=0-10", "bytes=5-", "bytes=4-3", "0-4", "bytes=18446744073709551615-18446744073709551615"] {
        assert_eq!(copy(bad).await.error(), (400, "InvalidArgument"), "{bad}");
    }
    let reply = copy("bytes=2-6").await;
    let etag = reply.element("ETag").unwrap().replace("&quot;", "");
    assert_eq!(etag, md5("23456"));
    assert_eq!(s3.complete("k", &id, &[(1, &etag)]).await.status, 200);
    assert_eq!(s3.get("/lab/k").await.text(), "23456");
    let limited = client_of(S3Config { limits: Limits { max_copy: 4, ..Limits::default() }, ..config() });
    limited.put("/lab/source", "0123456789").await;
    let reply = limited.send(Method::PUT, "/lab/b", &[("x-amz-copy-source", "lab/source")], "").await;
    assert_eq!(reply.error(), (400, "InvalidRequest"));
}

fn md5(text: &str) -> String {
    use md5::Digest as _;
    hex::encode(md5::Md5::digest(text))
}

#[tokio::test(start_paused = true)]
async fn delete_objects() {
    let s3 = client();
    for key in ["a", "b&c", "d"] {
        s3.put(&format!("/lab/{}", key.replace('&', "%26")), "x").await;
    }
    let delete = async |body: &str| {
        let md5 = base64::engine::general_purpose::STANDARD.encode(hex::decode(md5(body)).unwrap());
        s3.send(Method::POST, "/lab?delete", &[("content-md5", &md5)], body.to_owned()).await
    };
    let body = "<Delete><Object><Key>a</Key></Object><Object><Key>b&amp;c</Key></Object><Object><Key>none</Key></Object></Delete>";
    assert_eq!(s3.send(Method::POST, "/lab?delete", &[], body).await.error(), (400, "InvalidRequest"));
    assert_eq!(delete(body).await.elements("Key"), ["a", "b&amp;c", "none"]);
    let quiet = delete("<Delete><Quiet>true</Quiet><Object><Key>d</Key></Object></Delete>").await;
    assert_eq!((quiet.status.as_u16(), quiet.elements("Key").len()), (200, 0));
    assert!(s3.mock.admin().list(BUCKET, "").is_empty());
    let many = format!("<Delete>{}</Delete>", "<Object><Key>k</Key></Object>".repeat(1001));
    let deep = format!("{}{}", "<Delete>".repeat(20_000), "</Delete>".repeat(20_000));
    for bad in ["<Delete/>", "<Delete><Object/></Delete>", "<Delete>", "", &many, &deep] {
        assert_eq!(delete(bad).await.error(), (400, "MalformedXML"), "{}", &bad[..bad.len().min(50)]);
    }
}

#[tokio::test(start_paused = true)]
async fn listings_page_exactly() {
    let s3 = client();
    let keys = ["a-b", "a/1", "a/2", "a0", "b/1", "c", "é", "z z+"];
    for key in keys {
        s3.mock.admin().put(BUCKET, key, "x").await.unwrap();
    }
    let mut sorted = keys;
    sorted.sort_unstable();
    let mut seen: Vec<String> = Vec::new();
    let mut token = String::new();
    loop {
        let page = s3.get(&format!("/lab?list-type=2&max-keys=2{token}")).await;
        assert_eq!(page.element("KeyCount"), Some(page.elements("Key").len().to_string().as_str()));
        seen.extend(page.elements("Key").into_iter().map(str::to_owned));
        if page.element("IsTruncated") == Some("false") {
            break;
        }
        token = format!("&continuation-token={}", page.element("NextContinuationToken").unwrap());
    }
    assert_eq!(seen, sorted);
    let v1 = s3.get("/lab?delimiter=/&max-keys=2").await;
    assert_eq!((v1.elements("Key"), v1.element("NextMarker")), (vec!["a-b"], Some("a/")));
    let next = s3.get("/lab?delimiter=/&max-keys=2&marker=a/").await;
    assert_eq!((next.elements("Key"), next.elements("Prefix")[1]), (vec!["a0"], "b/"));
    let flat = s3.get("/lab?max-keys=2").await;
    assert_eq!((flat.element("IsTruncated"), flat.element("NextMarker")), (Some("true"), None));
    let after = s3.get("/lab?list-type=2&start-after=c").await;
    assert_eq!(after.elements("Key"), ["z z+", "é"]);
    assert_eq!(s3.get("/lab?list-type=2&start-after=").await.elements("Key").len(), 8);
    let none = s3.get("/lab?max-keys=0").await;
    assert_eq!((none.elements("Key").len(), none.element("IsTruncated")), (0, Some("false")));
    assert_eq!(s3.get("/lab?max-keys=5000").await.element("MaxKeys"), Some("1000"));
    let url = s3.get("/lab?encoding-type=url&prefix=z").await;
    assert_eq!((url.elements("Key"), url.element("EncodingType")), (vec!["z+z%2B"], Some("url")));
    for bad in [
        "max-keys=-1",
        "max-keys=x",
        "max-keys=99999999999",
        "encoding-type=x",
        "list-type=3",
        "list-type=2&continuation-token=x",
    ] {
        assert_eq!(s3.get(&format!("/lab?{bad}")).await.error(), (400, "InvalidArgument"), "{bad}");
    }
    s3.mock.admin().put(BUCKET, "ctl\u{1b}", "x").await.unwrap();
    assert_eq!(s3.get("/lab?prefix=ctl").await.elements("Key"), ["ctl&#x1b;"]);
}

#[tokio::test(start_paused = true)]
async fn part_listings_page() {
    let s3 = client();
    let id = s3.create_upload("k").await;
    for number in 1..=5 {
        s3.upload_part("k", &id, number, "x").await;
    }
    let page = s3.get(&format!("/lab/k?uploadId={id}&max-parts=2&part-number-marker=1")).await;
    assert_eq!((page.elements("PartNumber"), page.element("IsTruncated")), (vec!["2", "3"], Some("true")));
    assert_eq!(page.element("NextPartNumberMarker"), Some("3"));
    let last = s3.get(&format!("/lab/k?uploadId={id}&part-number-marker=3")).await;
    assert_eq!((last.elements("PartNumber"), last.element("IsTruncated")), (vec!["4", "5"], Some("false")));
    assert_eq!(s3.get(&format!("/lab/k?uploadId={id}&part-number-marker=x")).await.error(), (400, "InvalidArgument"));
}

#[tokio::test(start_paused = true)]
async fn buckets() {
    let s3 = client();
    assert_eq!(s3.get("/").await.elements("Name"), ["lab"]);
    assert_eq!(s3.head("/lab").await.status, 200);
    assert_eq!(s3.head("/none").await.status, 404);
    assert_eq!(s3.put("/new-bucket", "").await.status, 200);
    assert_eq!(s3.put("/new-bucket", "").await.status, 200, "us-east-1 does not mind");
    for bad in ["/ab", "/Upper", "/-x-"] {
        assert_eq!(s3.put(bad, "").await.error(), (400, "InvalidBucketName"), "{bad}");
    }
    s3.put("/new-bucket/a", "x").await;
    assert_eq!(s3.delete("/new-bucket").await.error(), (409, "BucketNotEmpty"));
    s3.delete("/new-bucket/a").await;
    assert_eq!(s3.delete("/new-bucket").await.status, 204);
    assert_eq!(s3.delete("/new-bucket").await.error(), (404, "NoSuchBucket"));
    assert!(s3.get("/lab?location").await.text().ends_with("></LocationConstraint>"));
}

#[tokio::test(start_paused = true)]
async fn switches() {
    let refusing = client_of(S3Config { refuse_acl: true, refuse_storage_class: true, path_style: false, ..config() });
    assert_eq!(refusing.get("/lab/a").await.error(), (403, "SecondLevelDomainForbidden"));
    let put = async |name: &str| refusing.send(Method::PUT, "http://lab.s3.test/a", &[(name, "x")], "1").await;
    assert_eq!(put("x-amz-acl").await.error(), (400, "AccessControlListNotSupported"));
    assert_eq!(put("x-amz-storage-class").await.error(), (400, "InvalidStorageClass"));
    assert_eq!(put("x-amz-meta-x").await.status, 200);
    let fast = client_of(S3Config { etag: EtagMode::Fast, ..config() });
    let etag = fast.put("/lab/a", "x").await.header("etag").to_owned();
    assert_eq!((etag.len(), etag == "\"9dd4e461268c8034f5c8564e155c67a6\""), (34, false));
    let long = format!("/lab/{}", "k".repeat(1025));
    assert_eq!(fast.put(&long, "x").await.error(), (400, "KeyTooLongError"));
    assert_eq!(fast.get("/lab?acl").await.error(), (501, "NotImplemented"));
    assert_eq!(fast.send(Method::PATCH, "/lab/a", &[], "").await.error(), (405, "MethodNotAllowed"));
    assert_eq!(fast.get("/lab/%ff").await.error(), (400, "InvalidURI"));
    let presigned = fast.signed(
        How::Presigned(std::time::Duration::from_secs(60)),
        Method::GET,
        "/lab/a?response-content-disposition=attachment&response-content-type=text%2Fplain",
        &[],
        "".into(),
    );
    let reply = fast.exchange(presigned).await;
    assert_eq!((reply.header("content-disposition"), reply.header("content-type")), ("attachment", "text/plain"));
}
