//! What a report costs in each format, with as many scenarios as a whole run has.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use shakedown_reports::{FORMATS, Options, Report};

/// Scenarios of a run.
const SCENARIOS: usize = 500;

fn render(criterion: &mut Criterion) {
    let mut report: Report = serde_json::from_str(include_str!("../tests/data/first-v1.json")).expect("a report");
    let own = report.scenarios.clone();
    report.scenarios = own.iter().cycle().take(SCENARIOS).cloned().collect();
    for format in FORMATS {
        criterion.bench_function(&format!("render/{}", format.name), |bencher| {
            bencher.iter(|| {
                let mut text = String::new();
                (format.render)(black_box(&report), &Options::default(), &mut text).expect("text takes everything");
                text
            });
        });
    }
}

criterion_group!(benches, render);
criterion_main!(benches);
