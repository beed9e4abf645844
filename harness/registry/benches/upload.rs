//! The way of an upload through the registry onto a storage in memory: no sockets, so that what is measured is ours.

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use http::{Method, StatusCode};
use shakedown_oci::Digest;
use shakedown_registry::{Registry, RegistryConfig};
use shakedown_s3::{Credential, S3Config, S3Mock};
use shakedown_wire::{Body, Clock, Party};

async fn call(registry: &Party, method: Method, path: &str, body: impl Into<Body>) -> (StatusCode, Option<String>) {
    let uri = format!("http://registry.test{path}");
    let request = http::Request::builder().method(method).uri(uri).body(body.into()).expect("a request");
    let response = registry.send(request).await.expect("an answer");
    let location = response.headers().get("location").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let status = response.status();
    response.into_body().drain().await.expect("a body");
    (status, location)
}

/// POST, then PUT with the blob.
async fn push(registry: &Party, blob: Bytes, digest: &Digest) {
    let (_, location) = call(registry, Method::POST, "/v2/lab/blobs/uploads/", Body::empty()).await;
    let location = location.expect("an upload has begun");
    let path = location.strip_prefix("http://registry.test").unwrap_or(&location);
    let joint = if path.contains('?') { '&' } else { '?' };
    let (status, _) = call(registry, Method::PUT, &format!("{path}{joint}digest={digest}"), blob).await;
    assert_eq!(status, StatusCode::CREATED);
}

fn uploads(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads");
    let clock = Clock::real_time();
    let s3 = S3Config::with_bucket("lab", Credential::new("AK", "SK"));
    let s3 = S3Mock::new(s3, clock.clone(), 1);
    let config = RegistryConfig::new("http://s3.test".parse().expect("a URI"), "lab", "AK", "SK");
    let registry = runtime.block_on(async { Registry::new(config, s3.party(), clock, 7) }).party();
    let mut group = criterion.benchmark_group("upload");
    for (name, size) in [("1 KiB", 1 << 10), ("8 MiB", 8 << 20)] {
        let blob = Bytes::from(vec![7; size]);
        let digest = Digest::of(&blob);
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_function(format!("POST and PUT of {name}"), |bencher| {
            bencher.to_async(&runtime).iter(|| push(&registry, blob.clone(), &digest));
        });
    }
    group.finish();
}

criterion_group!(benches, uploads);
criterion_main!(benches);
