//! The verifier against AWS's published examples and against the `aws-sigv4` crate.
//!
//! The examples are those of "Authenticating Requests: Using the Authorization Header", "... Using Query Parameters" and
//! "Signature Calculations: Transferring Payload in Multiple Chunks" in the S3 API reference.

mod common;

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use common::{ACCESS_KEY, Client, How, Reply, client, client_of, config};
use http::Method;
use shakedown_s3::{Credential, S3Config, S3Mock};
use shakedown_wire::{Body, Clock, Request};

const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const HOST: &str = "examplebucket.s3.amazonaws.com";

/// The world of AWS's examples: 24 May 2013, `examplebucket`.
async fn example() -> Client {
    let credential = Credential::new("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
    let config =
        S3Config { hosts: vec!["s3.amazonaws.com".into()], ..S3Config::with_bucket("examplebucket", credential) };
    let clock = Clock::starting_at(SystemTime::UNIX_EPOCH + Duration::from_secs(1_369_353_600));
    let mock = S3Mock::new(config, clock, 1);
    mock.admin().put("examplebucket", "test.txt", "0123456789abc").await.unwrap();
    common::of_mock(mock)
}

fn request(method: &str, uri: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Request {
    let mut builder = http::Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    builder.body(Body::full(body)).unwrap()
}

fn authorization(signed: &str, signature: &str) -> String {
    let credential = "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request";
    format!("AWS4-HMAC-SHA256 Credential={credential},SignedHeaders={signed},Signature={signature}")
}

#[tokio::test(start_paused = true)]
async fn aws_example_get_object() {
    let signature = "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41";
    let authorization = authorization("host;range;x-amz-content-sha256;x-amz-date", signature);
    let headers = [
        ("host", HOST),
        ("authorization", &authorization),
        ("range", "bytes=0-9"),
        ("x-amz-content-sha256", EMPTY),
        ("x-amz-date", "20130524T000000Z"),
    ];
    let reply = example().await.exchange(request("GET", "/test.txt", &headers, "")).await;
    assert_eq!((reply.status.as_u16(), reply.text()), (206, "0123456789"));
}

#[tokio::test(start_paused = true)]
async fn aws_example_put_object() {
    let signature = "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd";
    let authorization = authorization("date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class", signature);
    let headers = [
        ("host", HOST),
        ("date", "Fri, 24 May 2013 00:00:00 GMT"),
        ("authorization", &authorization),
        ("x-amz-date", "20130524T000000Z"),
        ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
        ("x-amz-content-sha256", "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"),
    ];
    let s3 = example().await;
    let reply = s3.exchange(request("PUT", "/test%24file.text", &headers, "Welcome to Amazon S3.")).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(s3.mock.admin().stat("examplebucket", "test$file.text").unwrap().size, 21);
    let reply = s3.exchange(request("PUT", "/test%24file.text", &headers, "Welcome to Amazon S4.")).await;
    assert_eq!(reply.error(), (400, "XAmzContentSHA256Mismatch"));
}

#[tokio::test(start_paused = true)]
async fn aws_examples_get_bucket() {
    let s3 = example().await;
    for (query, signature, want) in [
        ("/?lifecycle", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543", 501),
        ("/?max-keys=2&prefix=J", "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7", 200),
    ] {
        let authorization = authorization("host;x-amz-content-sha256;x-amz-date", signature);
        let headers = [
            ("host", HOST),
            ("authorization", &authorization),
            ("x-amz-date", "20130524T000000Z"),
            ("x-amz-content-sha256", EMPTY),
        ];
        let reply = s3.exchange(request("GET", query, &headers, "")).await;
        assert_eq!(reply.status.as_u16(), want, "{query}: {}", reply.text());
    }
}

#[tokio::test(start_paused = true)]
async fn aws_example_presigned_url() {
    let s3 = example().await;
    let uri = "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2F\
               aws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=\
               aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
    let get = |method| request(method, uri, &[("host", HOST)], "");
    assert_eq!(s3.exchange(get("GET")).await.text(), "0123456789abc");
    assert_eq!(s3.exchange(get("HEAD")).await.status, 403, "signed for GET, used with HEAD (INCIDENTS C02)");
    tokio::time::advance(Duration::from_secs(86_401)).await;
    let late = s3.exchange(get("GET")).await;
    assert_eq!((late.error(), late.element("Message")), ((403, "AccessDenied"), Some("Request has expired")));
    assert_eq!(late.element("X-Amz-Expires"), Some("86400"));
}

/// The body of AWS's chunked examples: 66560 times `a` in two chunks.
fn chunks(signatures: [&str; 3], trailer: &str) -> Vec<u8> {
    let mut body = Vec::new();
    for (length, signature) in [65_536, 1024, 0].into_iter().zip(signatures) {
        body.extend_from_slice(format!("{length:x};chunk-signature={signature}\r\n").as_bytes());
        if length > 0 {
            body.extend(std::iter::repeat_n(b'a', length));
            body.extend_from_slice(b"\r\n");
        }
    }
    body.extend_from_slice(trailer.as_bytes());
    body.extend_from_slice(b"\r\n");
    body
}

const CHUNKS: [&str; 3] = [
    "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
    "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
    "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
];

async fn put_chunked(s3: &Client, body: Vec<u8>) -> Reply {
    let signed = "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class";
    let authorization = authorization(signed, "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9");
    let headers = [
        ("host", "s3.amazonaws.com"),
        ("x-amz-date", "20130524T000000Z"),
        ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
        ("authorization", &authorization),
        ("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
        ("content-encoding", "aws-chunked"),
        ("x-amz-decoded-content-length", "66560"),
        ("content-length", "66824"),
    ];
    s3.exchange(request("PUT", "/examplebucket/chunkObject.txt", &headers, body)).await
}

#[tokio::test(start_paused = true)]
async fn aws_example_signed_chunks() {
    let s3 = example().await;
    let body = chunks(CHUNKS, "");
    assert_eq!(body.len(), 66_824);
    let reply = put_chunked(&s3, body.clone()).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(s3.mock.admin().stat("examplebucket", "chunkObject.txt").unwrap().size, 66_560);
    let mut forged = body;
    forged[40_000] = b'b';
    s3.mock.admin().delete("examplebucket", "chunkObject.txt").unwrap();
    assert_eq!(put_chunked(&s3, forged).await.error(), (403, "SignatureDoesNotMatch"));
    assert_eq!(s3.mock.admin().stat("examplebucket", "chunkObject.txt"), None, "nothing of a forged body is kept");
}

#[tokio::test(start_paused = true)]
async fn aws_example_signed_trailer() {
    let s3 = example().await;
    let signed = "content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer";
    let authorization = authorization(signed, "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e");
    let headers = [
        ("host", "s3.amazonaws.com"),
        ("x-amz-date", "20130524T000000Z"),
        ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
        ("authorization", &authorization),
        ("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"),
        ("content-encoding", "aws-chunked"),
        ("x-amz-decoded-content-length", "66560"),
        ("x-amz-trailer", "x-amz-checksum-crc32c"),
    ];
    let signatures = [
        "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
        "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
        "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
    ];
    let trailer = "x-amz-checksum-crc32c:sOO8/Q==\r\n\
                   x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n";
    let reply =
        s3.exchange(request("PUT", "/examplebucket/chunkObject.txt", &headers, chunks(signatures, trailer))).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let forged = trailer.replace("d81f", "d82f");
    let reply =
        s3.exchange(request("PUT", "/examplebucket/chunkObject.txt", &headers, chunks(signatures, &forged))).await;
    assert_eq!(reply.error(), (403, "SignatureDoesNotMatch"));
}

#[tokio::test(start_paused = true)]
async fn the_aws_sigv4_crate_and_the_verifier_agree() {
    let s3 = client();
    for target in [
        "/lab/simple",
        "/lab/a%20b%2Bc/%C3%A9",
        "/lab/a//b/./c",
        "/lab/sha256%3Aabc",
        "/lab/k%3Dv%26x",
        "/lab/~a-b_c.d",
        "/lab/a%27%28%29%2A%21b",
    ] {
        let put = s3.put(target, "x").await;
        assert_eq!(put.status, 200, "{target}: {}", put.text());
        for how in [How::Header, How::Unsigned, How::Presigned(Duration::from_secs(60))] {
            let reply = s3.exchange(s3.signed(how, Method::GET, target, &[], Bytes::new())).await;
            assert_eq!(reply.text(), "x", "{target}");
        }
    }
    for target in [
        "/lab?list-type=2&prefix=a%20b%2F&start-after=",
        "/lab?uploads&prefix=%2Ba",
        "/?x=b&x=a",
        "/lab?max-keys=1&marker=%7E",
    ] {
        assert_eq!(s3.get(target).await.status, 200, "{target}");
    }
    let virtual_host = s3.signed(How::Header, Method::GET, "http://lab.s3.test/simple", &[], Bytes::new());
    assert_eq!(s3.exchange(virtual_host).await.text(), "x");
}

#[tokio::test(start_paused = true)]
async fn refusals() {
    let s3 = client();
    s3.put("/lab/a", "x").await;
    let anonymous = s3.exchange(request("GET", "http://s3.test/lab/a", &[], "")).await;
    assert_eq!(anonymous.error(), (403, "AccessDenied"));
    let wrong_secret = Client { credential: Credential::new(ACCESS_KEY, "other"), ..s3.clone() };
    assert_eq!(wrong_secret.get("/lab/a").await.error(), (403, "SignatureDoesNotMatch"));
    let unknown = Client { credential: Credential::new("NOBODY", "other"), ..s3.clone() };
    assert_eq!(unknown.get("/lab/a").await.error(), (403, "InvalidAccessKeyId"));
    let region = Client { region: "eu-west-1".into(), ..s3.clone() };
    let reply = region.get("/lab/a").await;
    assert_eq!((reply.error(), reply.element("Region")), ((400, "AuthorizationHeaderMalformed"), Some("us-east-1")));
    let v2 = s3.exchange(request("GET", "http://s3.test/lab/a", &[("authorization", "AWS a:b")], "")).await;
    assert_eq!(v2.error(), (400, "InvalidRequest"));
    let v2 = s3.exchange(request("GET", "http://s3.test/lab/a?AWSAccessKeyId=a&Expires=1&Signature=b", &[], "")).await;
    assert_eq!(v2.error(), (400, "InvalidRequest"));
    let mut token = s3.clone();
    token.credential.session_token = Some("t".into());
    assert_eq!(token.get("/lab/a").await.error(), (400, "InvalidToken"));
    let mut unsigned_header = s3.signed(How::Header, Method::GET, "/lab/a", &[], Bytes::new());
    unsigned_header.headers_mut().insert("x-amz-meta-late", "1".parse().unwrap());
    assert_eq!(s3.exchange(unsigned_header).await.error(), (403, "AccessDenied"));
    let mut other_host = s3.signed(How::Header, Method::GET, "/lab/a", &[], Bytes::new());
    other_host.headers_mut().insert("host", "gateway.test".parse().unwrap());
    assert_eq!(s3.exchange(other_host).await.error(), (403, "SignatureDoesNotMatch"));
}

#[tokio::test(start_paused = true)]
async fn a_skewed_clock_is_told_the_time() {
    let s3 = client();
    let skewed = s3.clock.independent();
    skewed.shift(-16 * 60_000);
    let late = Client { clock: skewed.clone(), ..s3.clone() };
    let reply = late.get("/lab?list-type=2").await;
    assert_eq!(reply.error(), (403, "RequestTimeTooSkewed"));
    assert_eq!(reply.element("RequestTime"), Some("20251231T234400Z"));
    assert_eq!(reply.element("ServerTime"), Some("2026-01-01T00:00:00.000Z"));
    assert_eq!(reply.element("MaxAllowedSkewMilliseconds"), Some("900000"));
    skewed.shift(2 * 60_000);
    assert_eq!(late.get("/lab?list-type=2").await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_presigned_request_takes_no_second_authorization() {
    let s3 = client();
    s3.put("/lab/a", "x").await;
    let presigned = |s3: &Client| {
        let mut request = s3.signed(How::Presigned(Duration::from_secs(60)), Method::GET, "/lab/a", &[], Bytes::new());
        request.headers_mut().insert("authorization", "Bearer client-token".parse().unwrap());
        request
    };
    let reply = s3.exchange(presigned(&s3)).await;
    assert_eq!(reply.error(), (400, "InvalidArgument"));
    assert!(!reply.text().contains("client-token"));
    let lenient = client_of(S3Config { presigned_refuses_authorization: false, ..config() });
    lenient.put("/lab/a", "x").await;
    assert_eq!(lenient.exchange(presigned(&lenient)).await.text(), "x");
}

#[tokio::test(start_paused = true)]
async fn presigned_parameters_are_checked() {
    let s3 = client();
    let good = s3.signed(How::Presigned(Duration::from_secs(60)), Method::GET, "/lab/a", &[], Bytes::new());
    let good = good.uri().to_string();
    for (from, to) in [
        ("X-Amz-Expires=60", "X-Amz-Expires=604801"),
        ("X-Amz-Expires=60", "X-Amz-Expires=-1"),
        ("X-Amz-Expires=60", "X-Amz-Expires=99999999999999999999"),
        ("X-Amz-Algorithm=AWS4-HMAC-SHA256", "X-Amz-Algorithm=X"),
        ("X-Amz-Date=2026", "X-Amz-Date=x026"),
        ("aws4_request", "aws5_request"),
        ("us-east-1", "us-east-2"),
    ] {
        assert!(good.contains(from), "{good}");
        let reply = s3.exchange(request("GET", &good.replace(from, to), &[], "")).await;
        assert_eq!(reply.error(), (400, "AuthorizationQueryParametersError"), "{to}");
    }
    let reply = s3.exchange(request("GET", &good.replace("X-Amz-Expires=60", "X-Amz-Expires=61"), &[], "")).await;
    assert_eq!(reply.error(), (403, "SignatureDoesNotMatch"));
    let zero = good.replace("X-Amz-Signature=", "X-Amz-Signature=00");
    assert_eq!(s3.exchange(request("GET", &zero, &[], "")).await.error(), (403, "SignatureDoesNotMatch"));
}
