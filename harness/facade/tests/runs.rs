//! Runs from somebody else's test: what passes, what fails and how that reads, what is wrong before anything runs.

use std::panic::{AssertUnwindSafe, catch_unwind};

use shakedown::model::Verdict;
use shakedown::{Error, Report, S3, Scenario, Shakedown, System, json};

const LATE: &str = "scenarios/faults/async-multipart-create.yaml";

/// What `assert_passed` panics with.
fn complaint(report: &Report) -> String {
    let payload = catch_unwind(AssertUnwindSafe(|| report.assert_passed())).expect_err("it did not pass");
    *payload.downcast::<String>().expect("a text")
}

fn throttled() -> Scenario {
    Scenario::new("throttled", "A push survives a storage that always throttles")
        .image("app", [4096])
        .fault(json!({ "on": "s3", "when": { "operation": "PutObject" }, "effect": "slow-down" }))
        .push("app", "${repo}:1")
}

#[test]
fn a_failure_says_who_is_to_blame_and_how_to_repeat_it() {
    let report = Shakedown::new().system("reference+find-upload-by-listing").run_blocking(LATE).unwrap();
    let text = complaint(&report);
    let name = "a_failure_says_who_is_to_blame_and_how_to_repeat_it";
    for part in [
        "on reference: 0 passed, 1 failed of 1",
        "blame: registry, provoked by storage",
        "shakedown run scenarios/faults/async-multipart-create.yaml --defect find-upload-by-listing --seed 1",
        &format!("the test again: cargo test {name} -- --exact"),
    ] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
    assert_eq!((report.passed(), report.verdict("async-multipart-create")), (false, Some(Verdict::Failed)));
}

/// The command finds the file of a scenario that has none.
#[test]
fn a_scenario_of_code_that_fails_can_be_repeated_by_a_command() {
    let report = Shakedown::new().run_blocking(throttled()).unwrap();
    let failed = &report.scenarios()[0];
    assert!(failed.repeat.contains(&failed.file) && complaint(&report).contains(&failed.repeat), "{failed:#?}");
    let again = Shakedown::new().run_blocking(failed.file.as_str()).unwrap();
    assert_eq!(again.verdict("throttled"), Some(Verdict::Failed));
}

#[test]
fn a_run_that_has_shown_nothing_does_not_pass() {
    let scenario = throttled().set("needs", ["tcp"]);
    let report = Shakedown::new().run_blocking(scenario).unwrap();
    assert_eq!(report.verdict("throttled"), Some(Verdict::Skipped));
    assert!(complaint(&report).contains("nothing was shown either way"));
    let report = Shakedown::new().tag("no-such-tag").run_blocking(LATE).unwrap();
    assert!(complaint(&report).contains("nothing was selected"));
}

#[test]
fn mistakes_are_told_before_anything_runs() {
    let mistake = |result: Result<Report, Error>| match result {
        Err(Error::Mistake(text)) => text,
        other => panic!("{other:?}"),
    };
    let shakedown = Shakedown::new();
    let text = mistake(shakedown.run_blocking("scenarios/no-such-file.yaml"));
    assert!(text.contains("no such file"), "{text}");
    let text = mistake(shakedown.run_blocking(Scenario::new("x", "X").step(json!({ "psuh": {} }))));
    assert!(text.contains("psuh") && text.contains("push"), "{text}");
    let text = mistake(Shakedown::new().system("no-such-system").run_blocking(LATE));
    assert!(text.contains("no system `no-such-system`"), "{text}");
    let text = mistake(Shakedown::new().system("reference+no-such-defect").run_blocking(LATE));
    assert!(text.contains("no-such-defect"), "{text}");
    let text = mistake(Shakedown::new().login("ann", "pw").run_blocking(LATE));
    assert!(text.contains("login"), "{text}");
    let s3 = S3::start().unwrap();
    let wrong = s3.set_faults([json!({ "effect": "slow-down" }), json!({ "effect": "slowdown" })]).unwrap_err();
    assert!(wrong.to_string().starts_with("fault 2: "), "{wrong}");
    assert!(s3.set_profile("no-such-profile").is_err() && System::start("no-such-system").is_err());
}

/// The runtime has one thread, which the registry needs to answer: a run that held it up would never end.
#[tokio::test]
async fn a_registry_in_the_tests_own_runtime_answers_meanwhile() {
    let s3 = S3::start().unwrap();
    let registry = System::on(&s3, "reference").unwrap();
    let yours = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", yours.local_addr().unwrap());
    let inner = registry.url().trim_start_matches("http://").to_owned();
    tokio::spawn(async move {
        while let Ok((mut outer, _)) = yours.accept().await {
            let mut inner = tokio::net::TcpStream::connect(&inner).await.unwrap();
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut outer, &mut inner).await });
        }
    });
    let report = Shakedown::new().system(url).s3(&s3).run(LATE).await.unwrap();
    report.assert_passed();
    assert!(report.scenarios()[0].faults_fired > 0, "the fault struck on the S3 of the test");
}

#[test]
fn a_profile_makes_the_storage_differ() {
    let s3 = S3::start().unwrap();
    s3.set_profile("gateway-html-errors").unwrap();
    let registry = System::on(&s3, "reference+strict-xml-404").unwrap();
    let scenario = Scenario::new("absent", "An absent blob is 404").step(json!({ "http": {
        "method": "HEAD", "path": format!("/v2/lab/app/blobs/sha256:{}", "0".repeat(64)), "expect": { "status": 404 } } }));
    let report = Shakedown::new().system(registry.url()).run_blocking(scenario).unwrap();
    assert_eq!(report.verdict("absent"), Some(Verdict::Failed));
    s3.set_faults::<()>([]).unwrap();
    assert!(s3.calls().iter().any(|call| call.status == Some(404)));
}

#[test]
fn secrets_are_in_no_report() {
    let scenario = Scenario::new("told", "A secret is not told")
        .step(json!({ "http": { "method": "GET", "path": "/v2/${word}/tags/list", "expect": { "status": 200 } } }));
    let report = Shakedown::new().secret("word", "open-sesame").run_blocking(scenario).unwrap();
    assert!(!complaint(&report).contains("open-sesame"));
}

#[test]
fn a_report_can_be_written_in_any_format() {
    let report = Shakedown::new().run_blocking(LATE).unwrap();
    let folder = std::env::temp_dir().join(format!("shakedown-facade-{}", std::process::id()));
    report.write("junit", folder.join("new/report.xml")).unwrap();
    let text = std::fs::read_to_string(folder.join("new/report.xml")).unwrap();
    assert!(text.contains("async-multipart-create"), "{text}");
    assert!(report.write("no-such-format", folder.join("x")).is_err());
    std::fs::remove_dir_all(folder).unwrap();
}
