//! A hand-made report over all verdicts, for the tests of the renderers.

use std::collections::BTreeMap;

use crate::{
    Blame, BodyInfo, Call, Cause, Check, Evidence, FaultFired, Party, REPORT_SCHEMA, Report, RunInfo, ScenarioReport,
    StepReport, Totals, Verdict,
};

const UUID: &str = "9ac3d1f0-7b7e-4e7a-9d5e-0d4c3f2b1a00";

/// A whole run.
pub(crate) fn report() -> Report {
    let mut scenarios = vec![late_listing(), budget()];
    scenarios.push(ScenarioReport {
        calls: vec![front("GET", "http://registry.test/v2/", 200)],
        ..scenario("base", Verdict::Passed)
    });
    for n in 1..=3 {
        let reason = "nothing answers at http://10.0.0.7:5000 (connection refused)".to_owned();
        scenarios.push(ScenarioReport { reason: Some(reason), ..scenario(&format!("dead-{n}"), Verdict::Error) });
    }
    for (id, verdict, reason) in [
        ("empty-blob", Verdict::Known, "distribution#3763: an empty layer is answered 500 until 3.0"),
        ("half-close", Verdict::Skipped, "needs real sockets; this run is in memory"),
        ("load-spike", Verdict::Inconclusive, "only 3 of 10 samples were taken"),
    ] {
        scenarios.push(ScenarioReport { reason: Some(reason.to_owned()), ..scenario(id, verdict) });
    }
    scenarios.push(scenario("zz-last", Verdict::NotRun));
    let causes = vec![Cause {
        title: "the registry finds its upload by listing, and the store lists it late".to_owned(),
        party: Party::Registry,
        provoked_by: Some(Party::Storage),
        rule: "storage-listed-late".to_owned(),
        scenarios: vec!["async-multipart-create".to_owned()],
    }];
    let run = RunInfo {
        id: "00c0ffee00c0ffee".to_owned(),
        seed: 7,
        version: "0.1.0".to_owned(),
        system: "distribution-2.8".to_owned(),
        system_version: Some("docker-registry 2.8.2".to_owned()),
        storage: "mock".to_owned(),
        over: "memory".to_owned(),
        host: None,
        started: "2026-01-01T00:00:00Z".to_owned(),
        wall_us: 1_234_567,
        virtual_us: 95_000_000,
        interrupted: true,
    };
    let totals = Totals::of(scenarios.iter().map(|s| s.verdict));
    Report { schema: REPORT_SCHEMA.to_owned(), run, totals, causes, scenarios }
}

/// The incident of DESIGN.md.
fn late_listing() -> ScenarioReport {
    let data = format!("docker/registry/v2/repositories/lab/app/_uploads/{UUID}/data");
    let started_at = data.replace("/data", "/startedat");
    let upload = format!(
        "http://registry.test/v2/lab/app/blobs/uploads/{UUID}?_state=c29tZSBzdGF0ZSB0aGF0IGlzIGxvbmdlciB0aGFuIGEgbGluZQ"
    );
    let mut create = caused_by(0, at(2000, back("CreateMultipartUpload", &data, "?uploads", 200)));
    create.faults = vec![FaultFired {
        rule: 0,
        effect: "visible-after".to_owned(),
        summary: "in upload listings only after 2.2 s".to_owned(),
    }];
    let mut list = caused_by(3, at(4900, back("ListMultipartUploads", &data, "?uploads&prefix=x", 200)));
    list.note = Some("0 uploads".to_owned());
    let calls = vec![
        at(0, front("POST", "http://registry.test/v2/lab/app/blobs/uploads/", 202)),
        caused_by(0, at(1100, back("PutObject", &started_at, "", 200))),
        create,
        at(3400, front("PATCH", &upload, 500)),
        caused_by(3, at(4100, back("GetObject", &started_at, "", 200))),
        list,
    ];
    let check = Check {
        rules: vec!["CH8".to_owned()],
        what: "status".to_owned(),
        expected: "202".to_owned(),
        actual: "500".to_owned(),
        at: "PATCH /v2/lab/app/blobs/uploads/9ac3".to_owned(),
        verdict: Verdict::Failed,
        call: Some(3),
    };
    let step = StepReport {
        title: "push app as lab/app:1".to_owned(),
        line: Some(14),
        verdict: Verdict::Failed,
        checks: vec![check],
        calls: (0, 6),
    };
    let mut blame = blame("storage-listed-late", &[(5, "hidden by the fault")]);
    blame.why =
        "the registry finds its upload by listing; the store had not listed it yet, and a 500 tells the client nothing"
            .to_owned();
    blame.fix = Some("keep the upload id in the session, or look again until a deadline, then 404 BLOB_UPLOAD_UNKNOWN or 503 with Retry-After".to_owned());
    ScenarioReport {
        title: "An upload that S3 lists late must not fail the push".to_owned(),
        seen: vec!["A01".to_owned()],
        spec: vec!["CH8".to_owned(), "CH14".to_owned()],
        reason: Some("PATCH was answered 500, expected 202 (CH8)".to_owned()),
        blame: Some(blame),
        steps: vec![step],
        calls,
        storage_requests: BTreeMap::from([("PutObject".to_owned(), 1), ("ListMultipartUploads".to_owned(), 1)]),
        faults_fired: 1,
        log: vec![
            "level=info msg=\"PATCH\"".to_owned(),
            format!("level=error err.detail=\"s3aws: Path not found: /{data}\"\u{1b}[31m"),
        ],
        duration_us: 5_100,
        ..scenario("async-multipart-create", Verdict::Failed)
    }
}

/// A failure that no call shows: a count, and bytes left in the bucket.
fn budget() -> ScenarioReport {
    let mut calls = vec![front("HEAD", "http://registry.test/v2/lab/app/manifests/1", 200)];
    for _ in 0..39 {
        calls.push(caused_by(
            0,
            back("GetObject", "docker/registry/v2/repositories/lab/app/_manifests/tags/1/current/link", "", 200),
        ));
    }
    let check = |what: &str, expected: &str, actual: &str, at: &str| Check {
        rules: Vec::new(),
        what: what.to_owned(),
        expected: expected.to_owned(),
        actual: actual.to_owned(),
        at: at.to_owned(),
        verdict: Verdict::Failed,
        call: None,
    };
    let checks = vec![
        check("storage-requests", "at most 10 x GetObject", "39", "calls to storage"),
        check(
            "no-leaked-bytes",
            "no upload directory",
            "1 object, 16 bytes",
            "docker/registry/v2/repositories/lab/app/_uploads/9ac3",
        ),
    ];
    let step = StepReport { title: "after".to_owned(), line: None, verdict: Verdict::Failed, checks, calls: (40, 40) };
    ScenarioReport {
        reason: Some("storage-requests: expected at most 10 x GetObject, was 39".to_owned()),
        steps: vec![step],
        calls,
        ..scenario("request-budget[small]", Verdict::Failed)
    }
}

/// A scenario without steps.
pub(crate) fn scenario(id: &str, verdict: Verdict) -> ScenarioReport {
    let file = format!("scenarios/faults/{id}.yaml");
    ScenarioReport {
        id: id.to_owned(),
        title: format!("About {id}"),
        repeat: format!("shakedown run {file} --system distribution-2.8 --seed 7"),
        file,
        line: 14,
        tags: vec!["fault".to_owned()],
        seen: Vec::new(),
        spec: Vec::new(),
        verdict,
        reason: None,
        blame: None,
        steps: Vec::new(),
        calls: Vec::new(),
        storage_requests: BTreeMap::new(),
        faults_fired: 0,
        log: Vec::new(),
        duration_us: 2_000,
        wall_us: 1_500,
    }
}

/// A verdict on the registry, provoked by storage.
pub(crate) fn blame(rule: &str, evidence: &[(usize, &str)]) -> Blame {
    Blame {
        party: Party::Registry,
        provoked_by: Some(Party::Storage),
        rule: rule.to_owned(),
        why: "because".to_owned(),
        fix: None,
        ticket: None,
        evidence: evidence.iter().map(|(call, shows)| Evidence { call: *call, shows: (*shows).to_owned() }).collect(),
    }
}

/// A call of the client to the registry.
pub(crate) fn front(method: &str, uri: &str, status: u16) -> Call {
    call("client", "registry", method, uri, status)
}

/// A call of the registry to storage.
pub(crate) fn back(operation: &str, key: &str, query: &str, status: u16) -> Call {
    let method = match operation {
        "PutObject" | "UploadPart" => "PUT",
        "CreateMultipartUpload" => "POST",
        _ => "GET",
    };
    let mut call = call("registry", "s3", method, &format!("http://s3.test/lab/{key}{query}"), status);
    call.operation = Some(operation.to_owned());
    call.key = Some(key.to_owned());
    call
}

/// The call with its cause.
pub(crate) fn caused_by(cause: usize, call: Call) -> Call {
    Call { caused_by: Some(cause), ..call }
}

fn at(start_us: u64, call: Call) -> Call {
    Call { start_us, end_us: Some(start_us + 500), ..call }
}

fn call(from: &str, to: &str, method: &str, uri: &str, status: u16) -> Call {
    Call {
        from: from.to_owned(),
        to: to.to_owned(),
        caused_by: None,
        start_us: 0,
        end_us: Some(0),
        method: method.to_owned(),
        uri: uri.to_owned(),
        operation: None,
        key: None,
        key_class: None,
        status: Some(status),
        error: None,
        note: None,
        request_headers: Vec::new(),
        response_headers: Vec::new(),
        request_body: BodyInfo::default(),
        response_body: BodyInfo::default(),
        faults: Vec::new(),
    }
}
