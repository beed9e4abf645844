//! A hand-made report over all verdicts, for the tests of the renderers.

use std::collections::BTreeMap;

use crate::{
    Ability, Blame, BodyInfo, Call, Cause, Check, Deviation, Evidence, FaultFired, Glossary, LogFormat, LogLine,
    MissedHabit, Party, REPORT_SCHEMA, Recorded, Report, RuleCount, RuleCoverage, RuleText, RunInfo, ScenarioReport,
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
    scenarios.push(ScenarioReport {
        reason: Some("passed on try 2".to_owned()),
        failed_tries: vec!["GET /v2/: status is 503, expected 200".to_owned()],
        ..scenario("wobbly", Verdict::Passed)
    });
    scenarios.push(scenario("zz-last", Verdict::NotRun));
    let causes = vec![Cause {
        title: "the registry finds its upload by listing, and the store lists it late".to_owned(),
        party: Party::Registry,
        provoked_by: Some(Party::Storage),
        rule: "storage-listed-late".to_owned(),
        scenarios: vec!["async-multipart-create".to_owned()],
    }];
    let run = RunInfo {
        rules: RuleCoverage {
            version: "head".to_owned(),
            must: RuleCount {
                covered: 70,
                observable: 71,
                total: 78,
                broken: vec!["CH8".to_owned()],
                missed: vec!["TL6".to_owned()],
            },
            should: RuleCount { covered: 15, observable: 15, total: 20, ..RuleCount::default() },
        },
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
        abilities: vec![
            ability("delete-manifest", true, "202 on DELETE /v2/<name>/manifests/<digest>"),
            ability("delete-tag", false, "405 on DELETE /v2/<name>/manifests/<tag>"),
        ],
        deviations: vec![Deviation {
            reason: "distribution#3763: an empty layer is answered 500 until 3.0".to_owned(),
            link: Some("https://github.com/distribution/distribution/issues/3763".to_owned()),
            scenarios: vec!["empty-blob".to_owned()],
            gone: vec!["base".to_owned()],
        }],
        recorded: vec![recorded("A01", &[]), recorded("A20", &["failed storage calls: any operation: 70"])],
        left_behind: vec!["blob sha256:0123 of sd-1/lab/app: 405 on DELETE".to_owned()],
    };
    let totals = Totals::of(scenarios.iter().map(|s| s.verdict));
    let habits = vec![habit()];
    Report { schema: REPORT_SCHEMA.to_owned(), run, totals, causes, habits, scenarios, glossary: glossary() }
}

fn recorded(incident: &str, missing: &[&str]) -> Recorded {
    let missing: Vec<_> = missing.iter().map(|&text| text.to_owned()).collect();
    let shows = std::iter::once("PATCH upload 500".to_owned()).chain(missing.clone()).collect();
    Recorded { incident: incident.to_owned(), scenario: "late-listing".to_owned(), shows, missing }
}

fn habit() -> MissedHabit {
    MissedHabit {
        id: "HB1".to_owned(),
        habit: "the body of an error is JSON with a list of errors".to_owned(),
        otherwise: "docker shows `invalid character '<'` for a page".to_owned(),
        example: "GET /v2/lab/app/manifests/none: error body: expected an errors[] body, was <html><title>404"
            .to_owned(),
        checks: 3,
        scenarios: vec!["base".to_owned(), "empty-blob".to_owned()],
    }
}

fn ability(name: &str, there: bool, evidence: &str) -> Ability {
    Ability { name: name.to_owned(), there, evidence: evidence.to_owned() }
}

fn glossary() -> Glossary {
    let rule = RuleText {
        level: "MUST".to_owned(),
        since: "1.1".to_owned(),
        side: "registry".to_owned(),
        text: "a chunk that is taken is answered 202".to_owned(),
        link: "https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-a-blob-in-chunks"
            .to_owned(),
    };
    let incident = "a multipart upload is listed later than it was made".to_owned();
    Glossary {
        rules: BTreeMap::from([("CH8".to_owned(), rule)]),
        incidents: BTreeMap::from([("A01".to_owned(), incident)]),
    }
}

/// An upload that storage lists late.
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
    let error =
        format!("level=error msg=\"response completed with error\" err.detail=\"s3aws: Path not found: /{data}\"");
    list.log = LogFormat::Logfmt.parse(&error).into_iter().map(|line| LogLine { at_us: Some(5_000), ..line }).collect();
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
        duty: "MUST since 1.1".to_owned(),
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
        story: "POST was answered in 58 ms; S3 listed the upload 2.2 s later.".to_owned(),
        reason: Some("PATCH was answered 500, expected 202 (CH8)".to_owned()),
        blame: Some(blame),
        steps: vec![step],
        calls,
        storage_requests: BTreeMap::from([("PutObject".to_owned(), 1), ("ListMultipartUploads".to_owned(), 1)]),
        faults_fired: 1,
        log: vec!["level=info msg=\"PATCH\"".to_owned(), format!("{error}\u{1b}[31m")],
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
        duty: String::new(),
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
        story: String::new(),
        verdict,
        reason: None,
        blame: None,
        steps: Vec::new(),
        calls: Vec::new(),
        calls_left_out: 0,
        failed_tries: Vec::new(),
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
        log: Vec::new(),
    }
}
