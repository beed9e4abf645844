//! SIGKILL of the registry at each storage call of a push in turn: no acknowledged byte may be lost, and the next push works.
//!
//! Every storage call takes 10 ms of virtual time, so a kill after `10 n - 5` ms strikes the nth call: before the store applies it,
//! or after it did and before the reply.

mod common;

use common::{assert_passed, plans, quiet};
use shakedown_engine::RunOptions;
use shakedown_reports::Verdict;
use shakedown_scenario::Plan;

/// More calls than a push of this image makes (about 40); the last kills come when all is done.
const CALLS: u32 = 45;

const PUSH: &str = "
title: Killed at call N
given:
  images:
    app: { layers: [{ size: 10KiB }, { size: 1KiB }] }
  registry: { part-size: 4KiB }
  s3: { min-part: 1KiB }
faults:
  - { on: s3, effect: { delay: { fixed: 10ms, at: WHERE } } }
steps:
  - parallel:
      branches:
        - - push: { image: app, as: '${repo}:1', mode: MODE, expect: { succeeds-or-fails: [] } }
        - - advance: { by: KILLms }
          - restart: { kill: true }
  - push: { image: app, as: '${repo}:2', mode: MODE }
  - pull: { ref: '${repo}:2', same-as: app }
after:
  - acknowledged-is-readable
  - every-tag-resolves
";

const CHUNKS: &str = "
title: Killed at call N of the second chunk
given:
  blobs:
    layer: { size: 9KiB }
  registry: { part-size: 4KiB }
  s3: { min-part: 1KiB }
steps:
  - http:
      method: POST
      path: /v2/${repo}/blobs/uploads/
      expect: { status: 202 }
      capture: { upload: { header: location } }
  - http:
      method: PATCH
      path: ${upload}
      headers: { content-range: 0-5119 }
      body: { blob: layer@0-5119 }
      expect: { status: 202, headers: { range: 0-5119 } }
      capture: { upload: { header: location } }
  - faults: { set: [{ on: s3, effect: { delay: { fixed: 10ms, at: WHERE } } }] }
  - parallel:
      branches:
        - - http:
              method: PATCH
              path: ${upload}
              headers: { content-range: 5120-9215 }
              body: { blob: layer@5120-9215 }
              expect: { connection: lost }
        - - advance: { by: KILLms }
          - restart: { kill: true }
  - faults: {}
  - http:
      method: GET
      path: ${upload}
      expect: { status: 204, headers: { range: { matches: '0-(5119|9215)' } } }
      capture: { upload: { header: location }, range: { header: range } }
  - http:
      method: PATCH
      path: ${upload}
      headers: { content-range: 5120-9215 }
      body: { blob: layer@5120-9215 }
      expect: { status: [202, 416] }
  - http:
      method: GET
      path: ${upload}
      expect: { status: 204, headers: { range: 0-9215 } }
      capture: { upload: { header: location } }
  - http:
      method: PUT
      path: ${upload}
      query: { digest: '${blob.layer.digest}' }
      expect: { status: 201 }
  - http:
      method: GET
      path: /v2/${repo}/blobs/${blob.layer.digest}
      expect: { status: 200, body: { digest: '${blob.layer.digest}' } }
";

fn killed(name: &str, text: &str, calls: u32, at: &str) -> Vec<Plan> {
    (1..=calls)
        .flat_map(|call| {
            let text = text.replace("KILL", &(10 * call - 5).to_string()).replace("WHERE", at);
            plans(&format!("{name}-{at}-{call:02}"), &text)
        })
        .collect()
}

#[test]
fn a_kill_at_any_call_of_a_push_loses_nothing() {
    let ways = [
        ("streamed", "streamed", "before"),
        ("streamed", "streamed", "reply"),
        ("chunked", "{ chunked: 4KiB }", "reply"),
    ];
    let all = ways.iter().flat_map(|(name, mode, at)| killed(name, &PUSH.replace("MODE", mode), CALLS, at)).collect();
    let result = quiet(all, &RunOptions::default());
    result.report.scenarios.iter().for_each(assert_passed);
    let cut = result
        .report
        .scenarios
        .iter()
        .filter(|one| one.calls.iter().any(|call| call.to == "registry" && call.error.is_some()));
    let cut = cut.count();
    assert!(cut > 90, "the kills struck only {cut} pushes");
}

#[test]
fn a_kill_at_any_call_of_a_chunk_keeps_what_was_acknowledged() {
    for at in ["before", "reply"] {
        // A chunk makes few calls; a kill after the last of them finds nothing to cut.
        for plan in killed("chunk", CHUNKS, 8, at) {
            let report = quiet(vec![plan], &RunOptions::default()).report.scenarios.remove(0);
            let finished = report.steps.iter().any(|step| {
                step.verdict == Verdict::Failed
                    && step.checks.iter().any(|check| check.what == "connection" && check.actual == "a whole answer")
            });
            if !finished {
                assert_passed(&report);
            }
        }
    }
}
