//! What the fault layer costs a request that no fault strikes: without rules, and with a hundred.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use shakedown_faults::{Fault, FaultSet, On};
use shakedown_inject::Injector;
use shakedown_wire::{Body, Clock, Party, Response};

fn rules(count: usize) -> FaultSet {
    let fault = |number: usize| -> Fault {
        let text = format!(
            r#"{{ "on": "registry", "when": {{ "method": "GET", "path": "/v2/never-{number}/**" }}, "effect": "reset" }}"#
        );
        serde_json::from_str(&text).expect("a fault")
    };
    FaultSet::new((0..count).map(fault).collect(), 1)
}

fn layer(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a thread");
    let answers = Party::from_fn(async |_| Ok(Response::new(Body::empty())));
    let send = async |party: &Party| {
        let request = http::Request::get("http://registry.test/v2/lab/app/blobs/x").body(Body::empty());
        party.send(request.expect("a request")).await.expect("an answer")
    };
    criterion.bench_function("fault layer/none", |bencher| {
        bencher.to_async(&runtime).iter(|| async { send(black_box(&answers)).await.status() });
    });
    for count in [0, 1, 100] {
        let party = Injector::new(rules(count), On::Registry, Clock::real_time()).layer(answers.clone());
        criterion.bench_function(&format!("fault layer/{count} rules"), |bencher| {
            bencher.to_async(&runtime).iter(|| async { send(black_box(&party)).await.status() });
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().measurement_time(Duration::from_secs(3));
    targets = layer
}
criterion_main!(benches);
