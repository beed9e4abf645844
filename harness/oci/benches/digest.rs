//! What every byte and every name of content costs: hashing, and reading a digest.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use shakedown_oci::{Algorithm, Digest, Hasher};

fn digests(criterion: &mut Criterion) {
    let frame = vec![7; 128 << 10];
    let mut group = criterion.benchmark_group("digest");
    group.throughput(Throughput::Bytes(8 * frame.len() as u64));
    for algorithm in Algorithm::ALL {
        group.bench_function(format!("{algorithm} of 1 MiB in frames"), |bencher| {
            bencher.iter(|| {
                let mut hasher = Hasher::new(algorithm);
                (0..8).for_each(|_| hasher.update(black_box(&frame)));
                hasher.finish()
            });
        });
    }
    group.finish();
    let text = Digest::of(b"").to_string();
    criterion.bench_function("digest/read", |bencher| bencher.iter(|| black_box(&text).parse::<Digest>()));
    let digest = Digest::of(b"");
    criterion.bench_function("digest/write", |bencher| bencher.iter(|| black_box(&digest).to_string()));
}

criterion_group!(benches, digests);
criterion_main!(benches);
