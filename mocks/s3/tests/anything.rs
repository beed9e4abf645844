//! Laws over many random requests: nothing makes the store panic or fail, and both stores answer alike.

mod common;

use std::path::Path;

use common::{BUCKET, Client, client_of, config, of_mock};
use http::{HeaderName, HeaderValue, Method};
use proptest::prelude::*;
use shakedown_s3::{EtagMode, Limits, S3Config, S3Mock};
use shakedown_wire::{Body, Clock};

fn open_world() -> S3Config {
    let limits = Limits { min_part: 1, max_parts: 3, max_put: 1 << 20, ..Limits::default() };
    S3Config { verify_signatures: false, limits, ..config() }
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("lab".to_owned()),
        Just("a".to_owned()),
        Just("1".to_owned()),
        Just("99999999999999999999".to_owned()),
        Just("bytes=0-".to_owned()),
        Just("bytes=5-2".to_owned()),
        Just("/lab/a".to_owned()),
        Just("*".to_owned()),
        "[ -~]{0,12}",
        "%[0-9a-f]{2}",
    ]
}

fn name() -> impl Strategy<Value = String> {
    const KNOWN: &[&str] = &[
        "uploads",
        "uploadId",
        "partNumber",
        "delete",
        "list-type",
        "prefix",
        "delimiter",
        "marker",
        "max-keys",
        "max-uploads",
        "key-marker",
        "upload-id-marker",
        "continuation-token",
        "start-after",
        "encoding-type",
        "part-number-marker",
        "location",
        "X-Amz-Signature",
        "response-content-type",
        "acl",
    ];
    prop_oneof![9 => proptest::sample::select(KNOWN).prop_map(str::to_owned), 1 => "[a-z]{1,5}"]
}

fn header() -> impl Strategy<Value = String> {
    const KNOWN: &[&str] = &[
        "range",
        "content-md5",
        "content-length",
        "x-amz-content-sha256",
        "x-amz-decoded-content-length",
        "x-amz-copy-source",
        "x-amz-copy-source-range",
        "x-amz-trailer",
        "x-amz-checksum-crc32",
        "if-match",
        "if-none-match",
        "if-modified-since",
        "authorization",
        "x-amz-date",
        "host",
        "x-amz-metadata-directive",
        "x-amz-meta-x",
        "content-encoding",
    ];
    proptest::sample::select(KNOWN).prop_map(str::to_owned)
}

fn encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_request_makes_the_store_fail(
        method in proptest::sample::select(&["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH"][..]),
        path in prop_oneof![Just("/".to_owned()), Just("/lab".to_owned()), Just("/lab/a".to_owned()), "/[ab/%~]{0,8}"],
        query in proptest::collection::vec((name(), word()), 0..4),
        headers in proptest::collection::vec((header(), word()), 0..4),
        body in prop_oneof![proptest::collection::vec(any::<u8>(), 0..60), Just(b"5\r\nhello\r\n0\r\n\r\n".to_vec()),
            Just(b"<Delete><Object><Key>a</Key></Object></Delete>".to_vec())],
        verify in any::<bool>(),
    ) {
        let query: Vec<String> = query.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        let uri = format!("http://s3.test{path}?{}", query.join("&"));
        let Ok(mut request) = http::Request::builder().method(method).uri(uri).body(Body::full(body)) else { return Ok(()) };
        for (name, value) in &headers {
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            request.headers_mut().append(HeaderName::try_from(name.as_str()).unwrap(), value);
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let reply = runtime.block_on(async {
            let s3 = client_of(S3Config { verify_signatures: verify, ..open_world() });
            s3.mock.admin().put(BUCKET, "a", "hello").await.unwrap();
            s3.exchange(request).await
        });
        let status = reply.status.as_u16();
        prop_assert!(status < 500 || status == 501, "{status}: {}", String::from_utf8_lossy(&reply.body));
        prop_assert!(!reply.header("x-amz-request-id").is_empty());
        if status >= 400 && method != "HEAD" {
            prop_assert!(reply.element("Code").is_some(), "{status} without a code");
        }
    }
}

/// One step of a life.
#[derive(Debug, Clone)]
enum Step {
    Put(u8, usize),
    Delete(u8),
    Copy(u8, u8),
    Get(u8, Option<(u8, u8)>),
    List(u8),
    Upload(u8, Vec<usize>, bool),
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0u8..4, 0usize..70_000).prop_map(|(key, size)| Step::Put(key, size)),
        (0u8..4).prop_map(Step::Delete),
        (0u8..4, 0u8..4).prop_map(|(from, to)| Step::Copy(from, to)),
        (0u8..4, proptest::option::of((any::<u8>(), any::<u8>()))).prop_map(|(key, range)| Step::Get(key, range)),
        (1u8..4).prop_map(Step::List),
        (0u8..4, proptest::collection::vec(1usize..3000, 1..4), any::<bool>())
            .prop_map(|(k, p, done)| Step::Upload(k, p, done)),
        Just(Step::Restart),
    ]
}

/// What a step shows: statuses, ETags, bodies.
async fn play(s3: &Client, step: &Step) -> Vec<String> {
    let key = |key: &u8| format!("/lab/dir{}/k{key}", key % 2);
    let bytes = |size: usize| -> Vec<u8> { (0..size).map(|n| n.to_le_bytes()[0] ^ n.to_le_bytes()[1]).collect() };
    let mut shown = Vec::new();
    let mut show = |reply: &common::Reply| {
        shown.push(format!("{} {} {:?}", reply.status, reply.header("etag"), md5_of(&reply.body)));
    };
    match step {
        Step::Put(to, size) => show(&s3.put(&key(to), bytes(*size)).await),
        Step::Delete(at) => show(&s3.delete(&key(at)).await),
        Step::Copy(from, to) => {
            let reply = s3.send(Method::PUT, &key(to), &[("x-amz-copy-source", &key(from))], "").await;
            shown.push(format!("{} {:?}", reply.status, reply.element("ETag")));
        }
        Step::Get(at, None) => show(&s3.get(&key(at)).await),
        Step::Get(at, Some((from, to))) => {
            let range = format!("bytes={from}-{to}");
            show(&s3.send(Method::GET, &key(at), &[("range", &range)], "").await);
        }
        Step::List(max) => {
            let reply = s3.get(&format!("/lab?list-type=2&delimiter=/&max-keys={max}")).await;
            shown.push(format!("{:?} {:?}", reply.elements("Prefix"), reply.element("IsTruncated")));
            shown.push(format!("{:?}", s3.get("/lab?uploads").await.elements("Key")));
        }
        Step::Upload(at, sizes, done) => {
            let key = key(at).trim_start_matches("/lab/").to_owned();
            let id = s3.create_upload(&key).await;
            let mut parts = Vec::new();
            for (number, size) in (1..).zip(sizes) {
                parts.push((number, s3.upload_part(&key, &id, number, bytes(*size)).await));
            }
            if *done {
                let parts: Vec<(u32, &str)> = parts.iter().map(|(number, etag)| (*number, etag.as_str())).collect();
                let reply = s3.complete(&key, &id, &parts).await;
                shown.push(format!("{} {:?}", reply.status, reply.element("ETag")));
            }
        }
        Step::Restart => {}
    }
    shown
}

fn md5_of(bytes: &[u8]) -> String {
    use md5::Digest as _;
    // Error bodies hold ids, which differ after a restart.
    if bytes.starts_with(b"<?xml") { "xml".to_owned() } else { hex::encode(md5::Md5::digest(bytes)) }
}

fn file_client(directory: &Path) -> Client {
    of_mock(S3Mock::open(S3Config { etag: EtagMode::Md5, ..open_world() }, Clock::real_time(), 7, directory).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_file_store_answers_as_the_memory_store_over_restarts(steps in proptest::collection::vec(step(), 1..16)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let directory = tempfile::tempdir().unwrap();
            let memory = of_mock(S3Mock::new(open_world(), Clock::real_time(), 7));
            let mut file = Some(file_client(directory.path()));
            for step in &steps {
                if matches!(step, Step::Restart) {
                    drop(file.take());
                    file = Some(file_client(directory.path()));
                }
                let (want, got) = (play(&memory, step).await, play(file.as_ref().unwrap(), step).await);
                assert_eq!(got, want, "{step:?}");
            }
            let sizes = |client: &Client| -> Vec<(String, u64)> {
                client.mock.admin().list(BUCKET, "").into_iter().map(|entry| (entry.key, entry.size)).collect()
            };
            assert_eq!(sizes(file.as_ref().unwrap()), sizes(&memory));
        });
    }
}
