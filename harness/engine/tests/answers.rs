//! How answers are judged: one of several, and by the version of the specification that is asked for.

mod common;

use common::{assert_passed, one, shown};
use shakedown_engine::RunOptions;
use shakedown_oci::Version;
use shakedown_reports::{Check, ScenarioReport, Verdict};

const WORLD: &str = "given: { images: { app: { layers: [{ size: 1KiB }] } }, pushed: [app] }\n";

fn run(steps: &str) -> ScenarioReport {
    one("answers", &format!("title: t\nspec: [EX1]\n{WORLD}{steps}"), &RunOptions::default())
}

fn checks(report: &ScenarioReport) -> impl Iterator<Item = &Check> {
    report.steps.iter().flat_map(|step| &step.checks)
}

#[test]
fn one_of_several_answers_must_hold_as_a_whole() {
    let asked = |answers: &str| {
        run(&format!(
            "steps:\n- http: {{ method: GET, path: '/v2/${{repo}}/manifests/app', expect: {{ one-of: {answers} }} }}\n"
        ))
    };
    assert_passed(&asked(
        "[{ status: 404, code: MANIFEST_UNKNOWN }, { status: 200, headers: { etag: { present: true } } }]",
    ));
    // The status is that of the second, so what is wrong with the second is said.
    let wrong = asked("[{ status: 404 }, { status: 200, headers: { etag: no }, rule: PM10 }]");
    assert_eq!(wrong.verdict, Verdict::Failed, "{}", shown(&wrong));
    let failed: Vec<_> = checks(&wrong).filter(|check| check.verdict == Verdict::Failed).collect();
    assert_eq!(
        (failed.len(), failed[0].what.as_str(), failed[0].rules.as_slice()),
        (1, "header etag", &["PM10".to_owned()][..])
    );
    // No status fits: all that are allowed are named.
    let wrong = asked("[{ status: 404 }, { status: [405, 5xx] }]");
    let check = checks(&wrong).find(|check| check.verdict == Verdict::Failed).unwrap();
    assert_eq!((check.expected.as_str(), check.actual.as_str()), ("404 or 405 or 5xx", "200"));
}

#[test]
fn an_optional_header_may_be_absent_but_not_wrong() {
    let asked = |matcher: &str| {
        run(&format!("steps:\n- http: {{ method: GET, path: '/v2/', expect: {{ headers: {{ {matcher} }} }} }}\n"))
    };
    assert_passed(&asked("warning: { absent-or-matches: '299 .*' }"));
    assert_passed(&asked("content-type: { absent-or-matches: 'application/.*' }"));
    assert_eq!(asked("content-type: { absent-or-matches: 'text/.*' }").verdict, Verdict::Failed);
}

#[test]
fn paths_are_sent_as_written() {
    let report = run("steps:\n- http: { method: GET, path: '/v2/a/../b/./tags//list', expect: { status: 4xx } }\n");
    assert_passed(&report);
    let call = report.calls.iter().find(|call| call.is_client()).unwrap();
    assert!(call.uri.ends_with("/v2/a/../b/./tags//list"), "{}", call.uri);
}

#[test]
fn each_version_has_its_own_duties() {
    let text = format!(
        "title: t\nspec: [EX1, EX3, CA1]\n{WORLD}faults:\n- on: registry\n  when: {{ method: HEAD }}\n  effect: {{ header: {{ remove: docker-content-digest }} }}\n\
         steps:\n- http:\n    method: HEAD\n    path: '/v2/${{repo}}/manifests/app'\n    expect: {{ status: 200, headers: {{ docker-content-digest: {{ present: true }} }}, rule: EX2 }}\n"
    );
    let by = |spec| one("answers", &text, &RunOptions { spec, ..RunOptions::default() });
    let head = by(Version::Head);
    assert_eq!(head.verdict, Verdict::Failed, "a MUST since 1.1: {}", shown(&head));
    let old = by(Version::V1_1);
    assert_passed(&old);
    let check = checks(&old).find(|check| check.what.contains("docker-content-digest")).unwrap();
    assert_eq!((check.verdict, check.actual.as_str()), (Verdict::Inconclusive, "absent"));
}

#[test]
fn what_only_the_newer_version_has_is_skipped_with_the_reason() {
    let text = format!("title: t\nspec: [CA1, MP13]\n{WORLD}steps:\n- pull: {{ ref: '${{repo}}:app' }}\n");
    let by = |spec| one("answers", &text, &RunOptions { spec, ..RunOptions::default() });
    assert_passed(&by(Version::Head));
    let old = by(Version::V1_1);
    assert_eq!(old.verdict, Verdict::Skipped);
    assert_eq!(old.reason.unwrap(), "version 1.1 of the specification has no CA1, MP13");
}
