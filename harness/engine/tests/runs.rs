//! Whole runs against the reference registry over the mock, in memory and over TCP.

mod common;

use common::{BY_HAND, LATE_LISTING, ROUND_TRIP, assert_passed, one, plans, quiet, shown, verdicts};
use shakedown_engine::{Ending, Event, Interrupt, Over, RunOptions, Shard, SystemChoice, SystemFile, run};
use shakedown_reports::Verdict;
use std::sync::Mutex;

fn with_defect(id: &str) -> RunOptions {
    RunOptions {
        system: SystemChoice::Reference { defects: vec![id.to_owned()], allowed: Vec::new() },
        ..RunOptions::default()
    }
}

#[test]
fn images_go_in_and_come_out_over_both_transports() {
    for over in [Over::Memory, Over::Tcp] {
        let options = RunOptions { over, ..RunOptions::default() };
        for (name, text) in [("round-trip", ROUND_TRIP), ("by-hand", BY_HAND), ("late-listing", LATE_LISTING)] {
            let report = one(name, text, &options);
            assert_passed(&report);
            assert!(report.calls.iter().any(|call| call.to == "s3"), "the storage side is recorded");
            assert!(report.calls.iter().any(|call| call.to == "registry"), "the client side is recorded");
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_report() {
    let all = || [plans("a", ROUND_TRIP), plans("b", BY_HAND), plans("c", LATE_LISTING)].concat();
    let first = quiet(all(), &RunOptions::default());
    let second = quiet(all(), &RunOptions { jobs: 1, ..RunOptions::default() });
    let (first, second) = (first.report.without_wall_clock(), second.report.without_wall_clock());
    assert_eq!(first.scenarios, second.scenarios);
    assert_eq!(first, second);
    let other = quiet(all(), &RunOptions { seed: 2, ..RunOptions::default() });
    assert_ne!(first.scenarios, other.report.without_wall_clock().scenarios);
}

#[test]
fn a_defect_is_seen_with_both_sides_and_a_line_that_repeats_it() {
    let report = one("late-listing", LATE_LISTING, &with_defect("find-upload-by-listing"));
    assert_eq!(report.verdict, Verdict::Failed, "{}", shown(&report));
    assert!(report.faults_fired > 0);
    assert!(report.blame.is_some());
    assert_eq!(report.repeat, "shakedown run late-listing.yaml --defect find-upload-by-listing --seed 1");
    assert!(
        report.calls.iter().any(|call| call.operation.as_deref() == Some("ListMultipartUploads")),
        "{}",
        shown(&report)
    );
}

#[test]
fn a_loop_without_end_is_a_failure_and_not_a_hang() {
    let endless = LATE_LISTING.replace(
        "    when: { operation: CreateMultipartUpload }\n    effect: { visible-after: { what: multipart-uploads, delay: 2200ms } }",
        "    when: { operation: ListMultipartUploads }\n    effect: { page: stuck }",
    );
    let report = one("endless", &endless, &with_defect("endless-upload-listing"));
    assert_eq!(report.verdict, Verdict::Failed, "{}", shown(&report));
    assert_passed(&one("endless", &endless, &RunOptions::default()));
}

#[test]
fn what_fails_says_what_was_expected_and_where() {
    let text = BY_HAND.replace("status: 416, rule: CH11", "status: 202, rule: CH11");
    let report = one("wrong", &text, &RunOptions::default());
    assert_eq!(report.verdict, Verdict::Failed);
    let failed = report.steps.iter().find(|step| step.verdict == Verdict::Failed).unwrap();
    let check = failed.checks.iter().find(|check| check.verdict == Verdict::Failed).unwrap();
    assert_eq!((check.what.as_str(), check.expected.as_str(), check.actual.as_str()), ("status", "202", "416"));
    assert_eq!(check.rules, ["CH11"]);
    let call = &report.calls[check.call.expect("the check speaks of a call")];
    assert_eq!((call.method.as_str(), call.status), ("PATCH", Some(416)));
    assert!(report.line > 1, "the line of the step is known");
}

#[test]
fn needs_that_cannot_be_met_skip_with_a_reason() {
    let tcp = ROUND_TRIP.replace("given:", "needs: [tcp]\ngiven:");
    let report = one("tcp-only", &tcp, &RunOptions::default());
    assert_eq!(report.verdict, Verdict::Skipped);
    assert_eq!(report.reason.as_deref(), Some("needs real sockets: run with --over tcp"));
    let memory = ROUND_TRIP.replace("given:", "needs: [memory]\ngiven:");
    let report = one("memory-only", &memory, &RunOptions { over: Over::Tcp, ..RunOptions::default() });
    assert_eq!(report.verdict, Verdict::Skipped);
}

#[test]
fn a_dead_target_is_one_cause_and_no_failure() {
    let all = || [plans("a", ROUND_TRIP), plans("b", BY_HAND)].concat();
    let mut file = SystemFile::parse("distribution-2.8", SystemFile::shipped("distribution-2.8").unwrap()).unwrap();
    file.command = "no-such-registry".to_owned();
    let nobody = SystemChoice::Url { registry: "http://127.0.0.1:1".to_owned(), s3_control: None };
    for system in [SystemChoice::Process(Box::new(file)), nobody] {
        let result = quiet(all(), &RunOptions { system, ..RunOptions::default() });
        assert!(matches!(result.ending, Ending::Environment(_)), "{:?}", result.ending);
        assert_eq!(result.ending.exit_code(), 3);
        assert_eq!(result.report.totals.error, 2);
        assert_eq!(result.report.causes.len(), 1, "{:?}", result.report.causes);
    }
}

#[test]
fn a_run_can_be_cut_short() {
    let failing = BY_HAND.replace("status: 416, rule: CH11", "status: 202");
    let all: Vec<_> = ["a", "b", "c", "d"].into_iter().flat_map(|name| plans(name, &failing)).collect();
    let limited = RunOptions { jobs: 1, max_fail: Some(2), ..RunOptions::default() };
    let result = quiet(all.clone(), &limited);
    assert_eq!((result.report.totals.failed, result.report.totals.not_run), (2, 2));
    assert_eq!(result.ending, Ending::Failed);

    let interrupt = Interrupt::new();
    let token = interrupt.clone();
    let options = RunOptions { jobs: 1, interrupt, ..RunOptions::default() };
    let result = run(all.clone(), options, |event| {
        if matches!(event, Event::ScenarioFinished { .. }) {
            token.trigger();
        }
    });
    assert_eq!(result.ending, Ending::Interrupted);
    assert_eq!((result.report.totals.failed, result.report.totals.not_run), (1, 3));
    assert!(result.report.run.interrupted);

    let sharded = RunOptions { shard: Some(Shard { index: 2, count: 3 }), ..RunOptions::default() };
    assert_eq!(verdicts(&quiet(all, &sharded)).into_keys().collect::<Vec<_>>(), ["b"]);
    assert_eq!(quiet(Vec::new(), &RunOptions::default()).ending.exit_code(), 4);
}

#[test]
fn events_tell_the_run_in_order() {
    let seen = Mutex::new(Vec::new());
    let options = RunOptions { jobs: 1, ..RunOptions::default() };
    run(plans("a", ROUND_TRIP), options, |event| {
        let json = serde_json::to_value(&event).unwrap();
        seen.lock().unwrap().push(json["event"].as_str().unwrap().to_owned());
    });
    let seen = seen.into_inner().unwrap();
    let steps = vec!["step-finished"; seen.len() - 4];
    let expected: Vec<&str> = ["run-started", "scenario-started"]
        .into_iter()
        .chain(steps)
        .chain(["scenario-finished", "run-finished"])
        .collect();
    assert_eq!(seen, expected);
    assert!(seen.len() >= 8, "three steps and what must hold after: {seen:?}");
}

#[test]
fn a_killed_registry_loses_nothing_that_it_acknowledged() {
    let text = "
title: A registry that is killed in the middle of a push
given:
  images:
    app: { layers: [{ size: 6MiB }, { size: 1KiB }] }
faults:
  - { on: s3, effect: { delay: 10ms } }
steps:
  - parallel:
      branches:
        - - push: { image: app, as: '${repo}:1', expect: { succeeds-or-fails: [] } }
        - - advance: { by: 85ms }
          - restart: { kill: true }
  - push: { image: app, as: '${repo}:2' }
  - pull: { ref: '${repo}:2', same-as: app }
after:
  - acknowledged-is-readable
  - every-tag-resolves
";
    let report = one("killed", text, &RunOptions::default());
    assert_passed(&report);
    assert!(report.calls.iter().any(|call| call.to == "registry" && call.error.is_some()), "{}", shown(&report));
}

#[test]
fn a_registry_that_refuses_what_is_to_be_there_has_failed_with_the_call_shown() {
    let text = "
title: What is there can be pulled
given:
  images: { app: { layers: [{ size: 16MiB }] } }
  registry: { part-size: 5MiB }
  s3: { max-parts: 2 }
  pushed: [app]
steps:
  - pull: { ref: '${repo}:app' }
";
    // A store that is too small for the image.
    let report = one("given", text, &RunOptions::default());
    assert_eq!(report.verdict, Verdict::Failed, "{}", shown(&report));
    assert!(report.reason.as_ref().unwrap().starts_with("given: push app as lab/app:app: "), "{:?}", report.reason);
    let call = report.steps[0].checks[0].call.expect("the call that was refused");
    assert_eq!(report.calls[call].status, Some(413), "{}", shown(&report));
    assert!(report.blame.is_some());
}
