//! From a run by hand to its report; causes; secrets.

use shakedown_reports::{Blame, Party};
use shakedown_wire::redact::Redactor;
use shakedown_wire::{BodyRecord, Exchange, FaultNote, Lane, RequestRecord, ResponseRecord, S3Note, TraceId};

use super::testing::plan;
use super::*;

fn exchange(id: u64, lane: (&str, &str), method: &str, path: &str, at: u64, status: u16) -> Exchange {
    let body = BodyRecord::default();
    Exchange {
        seq: id,
        lane: Lane::new(lane.0, lane.1),
        trace: Some(TraceId(id)),
        start_us: at,
        end_us: Some(at),
        request: RequestRecord {
            method: method.into(),
            uri: format!("http://x{path}"),
            headers: vec![],
            body: body.clone(),
        },
        response: Some(ResponseRecord { status, headers: vec![], body }),
        error: None,
        s3: None,
        faults: vec![],
        notes: vec![],
    }
}

fn front(id: u64, at: u64, status: u16) -> Exchange {
    exchange(id, ("client", "registry"), "PATCH", "/v2/lab/app/blobs/uploads/9ac3", at, status)
}

fn back(id: u64, operation: &str, at: u64) -> Exchange {
    let mut call = exchange(id, ("registry", "s3"), "GET", "/lab/key", at, 200);
    let (bucket, key, key_class, result) = ("lab".into(), "key".into(), None, None);
    call.s3 = Some(S3Note { operation: operation.into(), bucket, key, key_class, result });
    call
}

fn step(title: &str, span_us: (u64, u64), ids: &[u64], failed: bool) -> StepRun {
    let verdict = if failed { Verdict::Failed } else { Verdict::Passed };
    let check = |id: &u64| {
        let check = Check {
            rules: vec!["CH8".into()],
            what: "status".into(),
            expected: "202".into(),
            actual: "500".into(),
            at: String::new(),
            verdict,
            duty: String::new(),
            call: None,
        };
        (check, Some(TraceId(*id)))
    };
    StepRun { title: title.into(), line: Some(9), checks: ids.iter().map(check).collect(), span_us, error: None }
}

fn run(steps: Vec<StepRun>, front: Vec<Exchange>, back: Vec<Exchange>) -> ScenarioRun {
    ScenarioRun {
        steps,
        front,
        back,
        sees_storage: true,
        log: vec![(None, "a line".into())],
        log_format: shakedown_reports::LogFormat::Plain,
        early: None,
        duration_us: 7,
        wall_us: 0,
    }
}

#[test]
fn a_failed_run_is_told_with_calls_counts_and_blame() {
    let mut storage = vec![back(2, "GetObject", 5), back(2, "GetObject", 6), back(1, "PutObject", 1)];
    storage.sort_by_key(|call| call.start_us);
    storage[1].faults = vec![FaultNote { rule: 0, effect: "delay".into(), summary: "waits 1s".into(), nth: 0 }];
    let steps = vec![step("first", (0, 3), &[1], false), step("second", (4, 9), &[2], true)];
    let run = run(steps, vec![front(1, 0, 202), front(2, 4, 500)], storage);
    let report = scenario_report(&plan("a"), &run, Verdict::Failed, Some("why".into()), "shakedown run a");
    assert_eq!(report.line, 9, "the line of the failed step");
    assert_eq!((report.seen.as_slice(), report.duration_us), (["A01".to_owned()].as_slice(), 7));
    assert_eq!(report.steps.iter().map(|step| step.calls).collect::<Vec<_>>(), [(0, 2), (2, 5)]);
    assert_eq!(report.steps[1].checks[0].call, Some(2));
    assert_eq!(report.storage_requests, BTreeMap::from([("GetObject".to_owned(), 2), ("PutObject".to_owned(), 1)]));
    assert_eq!((report.faults_fired, report.log.len()), (1, 1));
    assert_eq!(report.blame.unwrap().rule, "registry-5xx");
    let passed = scenario_report(&plan("a"), &run, Verdict::Passed, None, "");
    assert_eq!(passed.blame, None, "only failures are blamed on somebody");
}

#[test]
fn steps_of_one_instant_are_told_apart_by_the_calls_they_name() {
    let steps = vec![
        step("one", (0, 0), &[1, 2], false),
        step("advance", (0, 5), &[], false),
        step("two", (5, 5), &[3], false),
        step("three", (5, 5), &[4], false),
    ];
    let calls = vec![front(1, 0, 202), front(2, 0, 202), front(3, 5, 202), front(4, 5, 202)];
    let report = scenario_report(&plan("a"), &run(steps, calls, vec![]), Verdict::Passed, None, "");
    assert_eq!(report.steps.iter().map(|step| step.calls).collect::<Vec<_>>(), [(0, 2), (2, 2), (2, 3), (3, 4)]);
}

#[test]
fn failures_with_one_root_are_one_cause_and_a_dead_target_is_one_line() {
    let blamed = |id: &str, why: &str, operation: &str| {
        let mut report = without_run(&plan(id), Verdict::Failed, "x", "");
        report.calls = trace::join(&[], &[back(1, operation, 0)]).calls;
        let blame = Blame {
            party: Party::Registry,
            provoked_by: Some(Party::Storage),
            rule: "storage-listed-late".into(),
            why: why.into(),
            fix: None,
            ticket: None,
            evidence: vec![],
        };
        report.blame = Some(blame.with_evidence(0, ""));
        report
    };
    let dead = |id: &str, step: &str| {
        without_run(&plan(id), Verdict::Error, &format!("{step}: connection refused by 10.0.0.7:5000"), "")
    };
    let scenarios = [
        blamed("a", "listed late, 500", "ListMultipartUploads"),
        dead("b", "push"),
        blamed("c", "listed late, 404", "ListMultipartUploads"),
        blamed("d", "not seen", "ListObjectsV2"),
        dead("e", "pull"),
        dead("f", "GET /v2/"),
        without_run(&plan("g"), Verdict::Skipped, "needs tcp", ""),
    ];
    let told: Vec<_> =
        causes(&scenarios).into_iter().map(|c| format!("{} {} {}", c.rule, c.title, c.scenarios.join(" "))).collect();
    assert_eq!(
        told,
        [
            "target-unreachable nobody is there: connection refused by 10.0.0.7:5000 b e f",
            "storage-listed-late listed late, 500 a c",
            "storage-listed-late not seen d",
        ]
    );
}

#[test]
fn a_missing_feature_is_one_cause_whatever_fails_without_it() {
    let failed = |id: &str, rule: &str, at: &str, expected: &str, actual: &str| {
        let mut step = step(at, (0, 3), &[1], true);
        let check = &mut step.checks[0].0;
        (check.at, check.expected, check.actual) = (at.to_owned(), expected.to_owned(), actual.to_owned());
        check.rules = vec![rule.to_owned()];
        let run = run(vec![step], vec![front(1, 0, 400)], vec![]);
        scenario_report(&plan(id), &run, Verdict::Failed, Some("x".into()), "")
    };
    let scenarios = [
        failed("a", "MP10", "PUT /v2/a/manifests/sha512:11", "201", "400"),
        failed("b", "PB1", "GET /v2/b/blobs/sha512:22", "200", "404"),
        failed("c", "RL1", "GET /v2/c/referrers/sha256:33", "200", "404"),
        failed("d", "PP5", "PUT /v2/sha512/blobs/uploads/1", "201", "500"),
    ];
    let told: Vec<_> =
        causes(&scenarios).into_iter().map(|cause| format!("{}: {}", cause.title, cause.scenarios.join(" "))).collect();
    assert_eq!(told[..1], ["SHA-512 digests are not taken (MP10, PB1): a b"]);
    assert!(told.contains(&"the referrers API is not there (RL1): c".to_owned()), "{told:?}");
    assert_eq!(told.len(), 3, "a repository that is called so has nothing to do with it: {told:?}");
}

#[test]
fn a_secret_is_nowhere_in_the_report() {
    let secret = "hunter2-hunter2";
    let mut front = front(1, 0, 500);
    front.request.uri = format!("http://x/v2/?token={secret}");
    front.request.headers = vec![("x-key".into(), secret.into())];
    front.response.as_mut().unwrap().body.excerpt = secret.into();
    front.error = Some(secret.into());
    let mut failed = step(secret, (0, 0), &[1], true);
    failed.checks[0].0.actual = secret.into();
    failed.checks[0].0.at = secret.into();
    let mut run = run(vec![failed], vec![front], vec![]);
    let uri = run.front[0].request.uri.split('?').next().unwrap_or_default().trim_start_matches("http://x").to_owned();
    let said =
        format!("level=error msg={secret} err.code={secret} err.detail={secret} http.request.uri={uri}?x={secret}");
    run.log = vec![(None, format!("password is {secret}")), (None, said)];
    run.log_format = shakedown_reports::LogFormat::Logfmt;
    let report =
        scenario_report(&plan("a"), &run, Verdict::Failed, Some(secret.into()), &format!("run --secret x={secret}"));
    let text = |report: &ScenarioReport| format!("{report:?}");
    assert!(text(&report).contains(secret));
    let mut redactor = Redactor::default();
    redactor.add(secret);
    let report = redacted(report, &redactor);
    assert!(!text(&report).contains(secret), "{report:#?}");
}
