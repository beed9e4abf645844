//! What each call to a storage costs before it is sent, and each listing when it has come.

use std::hint::black_box;
use std::time::{Duration, SystemTime};

use criterion::{Criterion, criterion_group, criterion_main};
use http::HeaderMap;
use shakedown_s3call::xml;
use shakedown_s3call::{Credentials, Signer};

fn signing(criterion: &mut Criterion) {
    let credentials = Credentials { access_key: "AK".to_owned(), secret_key: "SK".to_owned(), session_token: None };
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
    let signer = Signer { credentials: &credentials, region: "us-east-1", now };
    let uri = "http://s3.test/lab/docker/registry/v2/blobs/sha256/e3/data".parse().expect("a URI");
    criterion.bench_function("sigv4/headers", |bencher| {
        bencher.iter(|| {
            let mut headers = HeaderMap::new();
            headers.insert("host", http::HeaderValue::from_static("s3.test"));
            signer.headers("PUT", black_box(&uri), &mut headers, "UNSIGNED-PAYLOAD").map(|()| headers)
        });
    });
    criterion.bench_function("sigv4/presigned", |bencher| {
        bencher.iter(|| signer.presigned("GET", black_box(&uri), Duration::from_secs(60)));
    });
}

fn listings(criterion: &mut Criterion) {
    let keys = |number: usize| format!("<Contents><Key>a/{number}</Key><Size>1024</Size></Contents>");
    let text = format!("<ListBucketResult>{}</ListBucketResult>", (0..1000).map(keys).collect::<String>());
    criterion.bench_function("xml/listing of 1000 keys", |bencher| {
        bencher.iter(|| xml::parse(black_box(text.as_bytes())).expect("XML"));
    });
}

criterion_group!(benches, signing, listings);
criterion_main!(benches);
