//! Report files, events, baselines and SARIF as the command writes them.

#[path = "reports/huge.rs"]
mod huge;
mod support;

use std::fs;
use std::path::Path;
use std::process::Output;

use shakedown_reports::{Event, FORMATS, Report, Verdict};
use support::clean;

/// A defect of the reference registry that fails the scenario of A01.
const DEFECT: &str = "find-upload-by-listing";

fn shakedown(home: &Path, arguments: &[&str]) -> Output {
    clean(support::SHAKEDOWN, home).args(arguments).current_dir(home).output().expect("shakedown starts")
}

fn run(home: &Path, more: &[&str]) -> Output {
    shakedown(home, &[&["run", "-E", "id(async-multipart-create)"], more].concat())
}

/// A schema as it is published.
fn published(name: &str) -> serde_json::Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../reports/schema/{name}.schema.json"));
    serde_json::from_str(&fs::read_to_string(file).expect("it is published")).expect("JSON")
}

#[test]
fn the_command_prints_each_schema_as_it_is_published() {
    let home = tempfile::tempdir().unwrap();
    for name in ["scenario", "system", "load", "report", "event", "bench"] {
        let output = shakedown(home.path(), &["schema", name]);
        let printed: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(printed, published(name), "{name}");
    }
}

#[test]
fn events_are_written_while_the_run_goes_and_every_format_at_its_end() {
    let home = tempfile::tempdir().unwrap();
    let targets: Vec<_> = FORMATS.iter().map(|format| format!("{0}=out/{0}", format.name)).collect();
    let arguments: Vec<_> = targets.iter().flat_map(|target| ["--report", target]).collect();
    let output = run(home.path(), &[&["--defect", DEFECT], arguments.as_slice()].concat());
    assert_eq!(output.status.code(), Some(1));
    for format in FORMATS {
        let written = fs::read_to_string(home.path().join("out").join(format.name)).expect("it is written");
        assert!(!written.is_empty(), "{}", format.name);
    }
    let events = fs::read_to_string(home.path().join("out/ndjson")).unwrap();
    let schema = jsonschema::validator_for(&published("event")).unwrap();
    let events: Vec<Event> = events
        .lines()
        .map(|line| {
            let value = serde_json::from_str(line).unwrap();
            assert!(schema.is_valid(&value), "{line}");
            serde_json::from_value(value).unwrap()
        })
        .collect();
    let report = fs::read_to_string(home.path().join("out/json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let schema = jsonschema::validator_for(&published("report")).unwrap();
    let wrong: Vec<String> = schema.iter_errors(&report).map(|error| error.to_string()).collect();
    assert_eq!(wrong, Vec::<String>::new());
    let mut other = report;
    other["scenarios"][0]["verdict"] = "perhaps".into();
    assert!(!schema.is_valid(&other), "the schema says what a verdict is");
    assert!(matches!(events.first(), Some(Event::RunStarted { total: 1, .. })));
    assert!(matches!(events.last(), Some(Event::RunFinished { totals, .. }) if totals.failed == 1));
    assert!(events.iter().any(|event| matches!(event, Event::StepFinished { verdict: Verdict::Failed, .. })));
}

#[test]
fn a_habit_that_is_missed_is_told_in_every_report_and_fails_nothing() {
    let home = tempfile::tempdir().unwrap();
    let targets = ["markdown", "html", "conformance"].map(|format| format!("{format}=out/{format}"));
    let arguments: Vec<_> = targets.iter().flat_map(|target| ["--report", target]).collect();
    let of_html = ["run", "-E", "id(error-shape*)", "--allow", "errors-in-html"];
    let output = shakedown(home.path(), &[of_html.as_slice(), &arguments].concat());
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(told.contains("HB1 is missed: the body of an error is JSON"), "{told}");
    for target in ["markdown", "html", "conformance"] {
        let text = fs::read_to_string(home.path().join("out").join(target)).expect("it is written");
        assert!(text.contains("HB1") && text.contains("the body of an error is JSON"), "{target}");
    }
    let report = fs::read_to_string(home.path().join("shakedown-report/report.json")).unwrap();
    let report: Report = serde_json::from_str(&report).unwrap();
    assert_eq!(report.totals.failed, 0);
    let [habit] = report.habits.as_slice() else { panic!("{:?}", report.habits) };
    assert!(habit.id == "HB1" && habit.checks > 0 && habit.example.contains("HTML page"), "{habit:?}");
    assert!(habit.scenarios.iter().all(|id| id.starts_with("error-shape")), "{habit:?}");

    let output = shakedown(home.path(), &["run", "-E", "id(error-shape*)"]);
    assert!(!String::from_utf8(output.stdout).unwrap().contains("Habits"), "nothing is missed without it");
}

#[test]
fn a_report_is_rendered_later_in_other_formats() {
    let home = tempfile::tempdir().unwrap();
    run(home.path(), &["--defect", DEFECT, "--report", "html=first.html"]);
    let output = shakedown(
        home.path(),
        &["report", "shakedown-report/report.json", "--report", "html=again.html", "--report", "tap=t"],
    );
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let page = |name: &str| fs::read_to_string(home.path().join(name)).unwrap();
    assert_eq!(page("first.html"), page("again.html"));
    assert!(page("t").starts_with("TAP version 14\n1..1\nnot ok 1 - async-multipart-create\n"));
    assert_eq!(shakedown(home.path(), &["report", "first.html"]).status.code(), Some(2), "a page is no report");
}

#[test]
fn traces_of_what_passed_are_short_unless_asked_for() {
    let home = tempfile::tempdir().unwrap();
    let headers = |arguments: &[&str]| {
        assert_eq!(run(home.path(), arguments).status.code(), Some(0));
        let text = fs::read_to_string(home.path().join("shakedown-report/report.json")).unwrap();
        let report: shakedown_reports::Report = serde_json::from_str(&text).unwrap();
        report.scenarios[0].calls.iter().map(|call| call.request_headers.len()).sum::<usize>()
    };
    assert_eq!(headers(&[]), 0);
    assert!(headers(&["--trace", "all"]) > 20);
}

#[test]
fn under_a_baseline_only_what_is_new_fails_and_entries_must_stay_true() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("known.yaml");
    let code = |arguments: &[&str]| {
        let output = run(home.path(), &[&["--baseline", "known.yaml"], arguments].concat());
        let printed = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        (output.status.code().unwrap(), printed)
    };
    assert_eq!(code(&[]).0, 2, "there is none yet");
    assert_eq!(code(&["--defect", DEFECT, "--write-baseline"]).0, 0);
    let (exit, printed) = code(&["--defect", DEFECT]);
    assert_eq!(exit, 0, "{printed}");
    assert!(printed.contains("0 passed, 1 known, 0 failed of 1"), "{printed}");

    let (exit, printed) = code(&[]);
    assert_eq!(exit, 1, "it passes now, so the entry is stale: {printed}");
    assert!(printed.contains("async-multipart-create passes now; delete its entry"), "{printed}");

    let written = fs::read_to_string(&file).unwrap();
    let change = |from: &str, to: &str| fs::write(&file, written.replacen(from, to, 1)).unwrap();
    change("storage-listed-late", "another-rule");
    assert_eq!(code(&["--defect", DEFECT]).0, 1, "another failure is a new one");
    let expires = written.lines().find(|line| line.contains("expires")).unwrap();
    change(expires, "  expires: \"2020-01-01\"");
    let (exit, printed) = code(&["--defect", DEFECT]);
    assert_eq!((exit, printed.contains("expired on 2020-01-01 (unassigned)")), (1, true), "{printed}");
    for wrong in ["  expires: soon", "  until: 2020-01-01", "  expires: \"2020-01-01\"\n  owner: twice"] {
        change(expires, wrong);
        let (exit, printed) = code(&["--defect", DEFECT]);
        assert_eq!((exit, printed.contains("known.yaml")), (2, true), "{printed}");
    }
}

#[test]
fn mistakes_in_scenario_files_are_told_as_sarif() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("bad.yaml"), "title: x\nstepz: []\n").unwrap();
    let output = shakedown(home.path(), &["check", "bad.yaml", "--format", "sarif"]);
    assert_eq!(output.status.code(), Some(2));
    let log: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let place = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "bad.yaml");
    assert_eq!(place["region"]["startLine"], 2, "{log}");
    fs::write(home.path().join("good.yaml"), "title: x\nsteps: [{ http: { method: GET, path: /v2/ } }]\n").unwrap();
    let output = shakedown(home.path(), &["check", "good.yaml", "--format", "sarif"]);
    let log: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((output.status.code(), log["runs"][0]["results"].as_array().map(Vec::len)), (Some(0), Some(0)), "{log}");
}
