//! docker-registry 2.8.2 as a child process on the S3 mock, as `--system distribution-2.8` runs it. Where it is not installed the
//! tests say so and pass, but not in CI.

mod common;

use common::{LATE_LISTING, ROUND_TRIP, assert_passed, one, plans, quiet, shown};
use shakedown_engine::{RunOptions, SystemChoice, SystemFile};
use shakedown_reports::Verdict;

/// The options for it, or `None` where it is not installed.
fn distribution() -> Option<RunOptions> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let installed = std::env::split_paths(&path).any(|dir| dir.join("docker-registry").is_file());
    if !installed {
        assert!(std::env::var_os("CI").is_none(), "docker-registry must be installed in CI");
        return None;
    }
    let file = SystemFile::parse("distribution-2.8", SystemFile::shipped("distribution-2.8").unwrap()).unwrap();
    Some(RunOptions { system: SystemChoice::Process(Box::new(file)), ..RunOptions::default() })
}

#[test]
fn it_works_on_the_mock_with_redirects_and_without() {
    let Some(options) = distribution() else { return };
    for redirect in [true, false] {
        let text = ROUND_TRIP.replace("part-size: 5MiB", &format!("part-size: 5MiB, redirect: {redirect}"));
        let report = one("round-trip", &text, &options);
        assert_passed(&report);
        let redirected = report.calls.iter().any(|call| call.from == "client" && call.to == "s3");
        assert_eq!(redirected, redirect, "{}", shown(&report));
    }
}

#[test]
fn the_field_report_of_the_late_listing_is_reproduced_to_the_byte() {
    let Some(options) = distribution() else { return };
    let text = LATE_LISTING.replace("given:", "given:\n  repository: gitlab-ci/100017681");
    let report = one("late-listing", &text, &options);
    assert_eq!(report.verdict, Verdict::Failed, "{}", shown(&report));
    let patch = report.calls.iter().find(|call| call.method == "PATCH").unwrap();
    assert_eq!((patch.status, patch.response_body.bytes), (Some(500), 203), "{}", shown(&report));
    assert!(report.log.iter().any(|line| line.contains("Path not found")), "{:?}", report.log);
}

#[test]
fn it_can_be_killed_and_started_again() {
    let Some(options) = distribution() else { return };
    let text = "
title: A restart in the middle
given:
  images:
    app: { layers: [{ size: 1MiB }] }
steps:
  - push: { image: app, as: '${repo}:1' }
  - restart: { kill: true }
  - pull: { ref: '${repo}:1', same-as: app }
  - restart: {}
  - pull: { ref: '${repo}:1', same-as: app }
";
    assert_passed(&one("restarts", text, &options));
}

#[test]
fn faults_of_its_front_are_carried_out_by_a_proxy() {
    let Some(options) = distribution() else { return };
    let text = "
title: A gateway that answers 502
given:
  images:
    app: { layers: [{ size: 1KiB }] }
faults:
  - { on: registry, when: { method: PUT, path: '/v2/**/manifests/*' }, effect: { answer: { status: 502, body: html } } }
steps:
  - push: { image: app, as: '${repo}:1', expect: { fails: 502 } }
  - tags: { of: '${repo}', count: { at-most: 0 } }
";
    let report = one("gateway", text, &options);
    let put = report.calls.iter().find(|call| call.method == "PUT" && call.uri.contains("/manifests/")).unwrap();
    assert_eq!(put.status, Some(502), "{}", shown(&report));
    assert_eq!(put.faults.len(), 1, "{}", shown(&report));
}

#[test]
fn replicas_with_one_secret_share_uploads_and_with_their_own_do_not() {
    let Some(options) = distribution() else { return };
    let text = include_str!("../../../scenarios/storage/replicas-upload.yaml");
    let report = quiet(plans("replicas-upload", text), &options).report;
    let [shared, own] = &report.scenarios[..] else { panic!("two cases, not {}", report.scenarios.len()) };
    assert_passed(shared);
    assert_eq!(own.verdict, Verdict::Known, "{}", shown(own));
    let patch = own.calls.iter().find(|call| call.method == "PATCH").unwrap();
    assert_eq!(patch.status, Some(404), "{}", shown(own));
    assert!(
        own.log.iter().any(|line| line.starts_with("replica 2: ") && line.contains("invalid secret")),
        "{:?}",
        own.log
    );
}
