//! Foreign systems: docker-registry 2.8.2 as a child of the harness, and attached to what runs already.

mod support;

use std::collections::BTreeMap;
use std::path::Path;

use shakedown_reports::{Party, Report, Verdict};
use support::{clean, docker_registry, have, serve, word_after};

/// Runs and reads the JSON report; gives the exit code, too.
fn run(args: &[&str], dir: &Path) -> (Option<i32>, Report, String) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let report = dir.join("report.json");
    let json = format!("json={}", report.display());
    let mut command = clean(support::SHAKEDOWN, dir);
    let out = dir.join("out");
    command.current_dir(root).args(["run", "--color", "never", "--report", &json, "--out"]).arg(out).args(args);
    let output = command.output().expect("it starts");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let json = std::fs::read_to_string(&report)
        .unwrap_or_else(|error| panic!("{error}\n{text}\n{}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code(), serde_json::from_str(&json).expect("a report"), text)
}

/// Blocks of the catalogue, the scenario that tells them, and the party to blame on docker-registry 2.8.2.
const FAILS_ON_DISTRIBUTION: &[(&str, Party)] = &[
    ("async-multipart-create", Party::Registry),
    ("multipart-list-truncated[hidden]", Party::Registry),
    ("startedat-not-yet-readable", Party::Registry),
    ("part-lost-patch-202[refused]", Party::Registry),
    ("list-after-put-stale", Party::Registry),
    ("complete-reply-lost[a-store-that-forgets-uploads]", Party::Registry),
    ("empty-blob-malformedxml", Party::Registry),
    ("copy-200-html-lost", Party::Registry),
    ("html-404-from-gateway", Party::Registry),
    ("404-body-variants[json]", Party::Registry),
    ("create-200-html-panic", Party::Registry),
    ("storage-health-503", Party::Registry),
    ("redirect-403[presigned-head]", Party::Registry),
];

#[test]
fn docker_registry_shows_the_failures_of_the_catalogue() {
    if !have("docker-registry") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let files: Vec<_> =
        FAILS_ON_DISTRIBUTION.iter().map(|(id, _)| id.split('[').next().expect("split yields once")).collect();
    let mut args: Vec<_> = files.iter().map(|stem| format!("scenarios/faults/{stem}.yaml")).collect();
    args.sort();
    args.dedup();
    // What a client of any registry may rely on works on this one, too.
    args.push("scenarios/storage/push-and-pull.yaml".to_owned());
    let mut words = vec!["--system", "distribution-2.8", "-j", "8"];
    words.extend(args.iter().map(String::as_str));
    let (code, report, text) = run(&words, dir.path());
    assert_eq!(code, Some(1), "{text}");
    let scenarios: BTreeMap<_, _> = report.scenarios.iter().map(|scenario| (scenario.id.as_str(), scenario)).collect();
    for (id, party) in FAILS_ON_DISTRIBUTION {
        let scenario = scenarios.get(id).unwrap_or_else(|| panic!("{id} did not run"));
        assert_eq!(scenario.verdict, Verdict::Failed, "{id}: {:?}", scenario.reason);
        let blame = scenario.blame.as_ref().unwrap_or_else(|| panic!("{id} has no blame"));
        assert_eq!(blame.party, *party, "{id}: {}", blame.why);
        assert!(scenario.calls.iter().any(|call| call.to == "s3"), "{id} shows no storage side");
    }
    assert!(scenarios.values().any(|s| s.id.starts_with("push-and-pull") && s.verdict == Verdict::Passed), "{text}");
    assert!(text.contains("Path not found"), "the registry's log stands in its trace");
    let caused = scenarios["async-multipart-create"]
        .calls
        .iter()
        .filter(|call| call.to == "s3" && call.caused_by.is_some())
        .count();
    assert!(caused > 3, "only {caused} storage calls were joined to the client calls that caused them");
}

#[test]
fn a_registry_that_runs_already_is_driven_through_the_control_interface() {
    if !have("docker-registry") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (_s3, ready) = serve(&["s3", "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0"], dir.path());
    let (endpoint, control) = (word_after(&ready, "S3 on "), word_after(&ready, "control on "));
    let (_registry, address) = docker_registry(endpoint, "lab", false, dir.path());
    let system = format!("http://{address}");
    let files = ["scenarios/faults/async-multipart-create.yaml", "scenarios/faults/html-404-from-gateway.yaml"];
    let mut words = vec!["--system", &system, "--s3", control, "scenarios/storage/push-and-pull.yaml"];
    words.extend(files);
    let (code, report, text) = run(&words, dir.path());
    assert_eq!(code, Some(1), "{text}");
    let failed: Vec<_> =
        report.scenarios.iter().filter(|s| s.verdict == Verdict::Failed).map(|s| s.id.as_str()).collect();
    assert_eq!(failed, ["async-multipart-create", "html-404-from-gateway"], "{text}");
    for scenario in &report.scenarios {
        assert!(scenario.calls.iter().any(|call| call.to == "s3"), "{} shows no storage side", scenario.id);
    }
}
