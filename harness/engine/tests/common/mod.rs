//! What the engine's tests share: plans from texts, runs with few words.

#![allow(dead_code, reason = "each test binary uses a part of it")]

pub mod shipped;

use std::collections::BTreeMap;

use shakedown_engine::{Event, RunOptions, RunResult, run};
use shakedown_reports::{ScenarioReport, Verdict};
use shakedown_scenario::{Loader, MapSource, Plan};

/// The plans of one file called `name.yaml`.
pub fn plans(name: &str, text: &str) -> Vec<Plan> {
    let file = format!("{name}.yaml");
    let source = MapSource::default().with(file.clone(), text);
    match Loader::new(&source).check(&file) {
        Ok(plans) => plans,
        Err(problems) => panic!("{}", shakedown_scenario::render(&problems, false)),
    }
}

/// Runs them without listening.
pub fn quiet(plans: Vec<Plan>, options: &RunOptions) -> RunResult {
    run(plans, options.clone(), |_: Event| {})
}

/// Runs one text and gives its only scenario.
pub fn one(name: &str, text: &str, options: &RunOptions) -> ScenarioReport {
    let result = quiet(plans(name, text), options);
    assert_eq!(result.report.scenarios.len(), 1);
    result.report.scenarios.into_iter().next().unwrap()
}

/// Verdict by id.
pub fn verdicts(result: &RunResult) -> BTreeMap<String, Verdict> {
    result.report.scenarios.iter().map(|scenario| (scenario.id.clone(), scenario.verdict)).collect()
}

/// Fails with everything that was checked if the scenario did not pass.
#[track_caller]
pub fn assert_passed(report: &ScenarioReport) {
    if report.verdict != Verdict::Passed {
        panic!("{} {:?}: {:?}\n{}", report.id, report.verdict, report.reason, shown(report));
    }
}

/// Steps, checks and calls in plain lines.
pub fn shown(report: &ScenarioReport) -> String {
    let mut lines = Vec::new();
    for step in &report.steps {
        lines.push(format!("step {} {:?}", step.title, step.verdict));
        for check in &step.checks {
            lines.push(format!(
                "  {:?} {} at {}: expected {}, was {}",
                check.verdict, check.what, check.at, check.expected, check.actual
            ));
        }
    }
    for call in &report.calls {
        let (from, to) = (&call.from, &call.to);
        lines.push(format!(
            "{} {from}->{to} {} {} {:?} {:?} {:?}",
            call.start_us, call.method, call.uri, call.status, call.error, call.faults
        ));
    }
    lines.extend(report.log.iter().cloned());
    lines.join("\n")
}

/// A push and a pull with nothing wrong.
pub const ROUND_TRIP: &str = "
title: What is pushed comes back
given:
  images:
    app: { layers: [{ size: 6MiB }, { size: 4KiB }] }
  registry: { part-size: 5MiB }
steps:
  - push: { image: app, as: '${repo}:1' }
  - pull: { ref: '${repo}:1', same-as: app }
  - tags: { equals: ['1'] }
after:
  - no-answer: { status: 5xx }
  - no-orphan-uploads
  - every-tag-resolves
  - acknowledged-is-readable
";

/// Uploads by hand, with captures.
pub const BY_HAND: &str = "
title: A chunked upload by hand
spec: [PP1, CH8, CH14]
given:
  blobs:
    layer: { size: 30B }
steps:
  - http:
      method: POST
      path: /v2/${repo}/blobs/uploads/
      headers: { content-length: '0' }
      expect: { status: 202, headers: { location: { present: true } } }
      capture: { upload: { header: location } }
  - http:
      method: PATCH
      path: ${upload}
      headers: { content-type: application/octet-stream, content-range: 0-9 }
      body: { blob: layer@0-9 }
      expect: { status: 202, headers: { range: 0-9 } }
      capture: { upload: { header: location } }
  - http:
      method: PATCH
      path: ${upload}
      headers: { content-type: application/octet-stream, content-range: 20-29 }
      body: { blob: layer@20-29 }
      expect: { status: 416, rule: CH11 }
  - http:
      method: PUT
      path: ${upload}
      query: { digest: '${blob.layer.digest}' }
      headers: { content-type: application/octet-stream, content-range: 10-29 }
      body: { blob: layer@10-29 }
      expect: { status: 201, headers: { docker-content-digest: '${blob.layer.digest}' } }
  - http:
      method: GET
      path: /v2/${repo}/blobs/${blob.layer.digest}
      expect: { status: 200, body: { size: 30B, digest: '${blob.layer.digest}' } }
  - http:
      method: GET
      path: /v2/${repo}/blobs/sha256:0000000000000000000000000000000000000000000000000000000000000000
      expect: { status: 404, code: BLOB_UNKNOWN, body: { json: { /errors/0/code: BLOB_UNKNOWN } } }
";

/// A store that lists uploads late (A01).
pub const LATE_LISTING: &str = "
title: An upload that S3 lists late must not fail the push
seen: A01
spec: [CH8, CH14]
tags: [fault]
given:
  images:
    app: { layers: [{ size: 6MiB }] }
faults:
  - on: s3
    when: { operation: CreateMultipartUpload }
    effect: { visible-after: { what: multipart-uploads, delay: 2200ms } }
steps:
  - push: { image: app, as: '${repo}:1' }
  - pull: { ref: '${repo}:1', same-as: app }
after:
  - no-answer: { status: 5xx }
  - storage-requests: { operation: ListMultipartUploads, at-most: 0 }
";
