//! What a scenario costs before it runs: read, checked, made a plan.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use shakedown_scenario::{Loader, MapSource};

const PATH: &str = "scenarios/faults/async-multipart-create.yaml";
const TEXT: &str = include_str!("../../../scenarios/faults/async-multipart-create.yaml");

fn parse(criterion: &mut Criterion) {
    let source = MapSource::default().with(PATH, TEXT);
    criterion.bench_function("scenario/parse", |bencher| {
        bencher.iter(|| Loader::new(black_box(&source)).check(PATH).expect("a scenario without mistakes"));
    });
}

criterion_group!(benches, parse);
criterion_main!(benches);
