//! The mock's GET and PUT with their signatures verified, bare and with a hundred fault rules that are never met.

use std::time::Duration;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use http::Method;
use shakedown_faults::{Fault, On};
use shakedown_s3::{Credential, S3Config, S3Mock};
use shakedown_s3call::{Credentials, Signer};
use shakedown_wire::{Body, Clock, Party};

/// An address that is signed for as long as the benches run.
fn signed(method: &str, key: &str, clock: &Clock) -> String {
    let credentials = Credentials { access_key: "AK".to_owned(), secret_key: "SK".to_owned(), session_token: None };
    let signer = Signer { credentials: &credentials, region: "us-east-1", now: clock.now() };
    let uri = format!("http://s3.test/lab/{key}").parse().expect("a URI");
    signer.presigned(method, &uri, Duration::from_secs(7 * 24 * 3600)).expect("it can be signed")
}

async fn call(s3: &Party, method: Method, uri: &str, body: Body) {
    let request = http::Request::builder().method(method).uri(uri).header("host", "s3.test").body(body);
    let response = s3.send(request.expect("a request")).await.expect("an answer");
    assert_eq!(response.status(), 200);
    response.into_body().drain().await.expect("a body");
}

fn objects(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads");
    let clock = Clock::real_time();
    let mock = S3Mock::new(S3Config::with_bucket("lab", Credential::new("AK", "SK")), clock.clone(), 1);
    let s3 = mock.party();
    let mut group = criterion.benchmark_group("s3 mock");
    for rules in [0, 100] {
        let fault = r#"{ "on": "s3", "when": { "operation": "CopyObject", "key": "never/**" }, "effect": "reset" }"#;
        let fault: Fault = serde_json::from_str(fault).expect("a fault");
        assert_eq!(fault.on, On::S3);
        mock.injector().replace(vec![fault; rules], 1);
        for (name, size) in [("4-KiB", 4 << 10), ("8-MiB", 8 << 20)] {
            let content = Bytes::from(vec![7; size]);
            let (put, get) = (signed("PUT", name, &clock), signed("GET", name, &clock));
            group.throughput(Throughput::Bytes(size as u64));
            group.bench_function(format!("PUT {name}, {rules} rules"), |bencher| {
                bencher.to_async(&runtime).iter(|| call(&s3, Method::PUT, &put, Body::full(content.clone())));
            });
            group.bench_function(format!("GET {name}, {rules} rules"), |bencher| {
                bencher.to_async(&runtime).iter(|| call(&s3, Method::GET, &get, Body::empty()));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, objects);
criterion_main!(benches);
