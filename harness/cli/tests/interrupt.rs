//! Ctrl-C in the middle of a run: nothing of ours stays on somebody's registry, no process stays, and the report says how far it came.

mod support;

use std::fs;
use std::path::Path;

use shakedown_reports::{Report, Verdict};
use shakedown_wire::network::{self, NetworkOptions};
use shakedown_wire::{Body, Party};
use support::{Running, clean, have, serve, word_after};

/// Says what happens as it happens, where `Running` reads it.
const EVENTS: &str = "ndjson=/dev/stderr";

fn scenario(dir: &Path, name: &str, steps: &str) -> String {
    let path = dir.join(format!("{name}.yaml"));
    let text = format!("title: {name}\ngiven:\n  images: {{ app: {{ layers: [{{ size: 4KiB }}] }} }}\nsteps:\n{steps}");
    fs::write(&path, text).expect("writable");
    path.display().to_string()
}

fn report(dir: &Path) -> Report {
    let text = fs::read_to_string(dir.join("shakedown-report/report.json")).expect("a report is written");
    serde_json::from_str(&text).expect("it is a whole report")
}

async fn get(party: &Party, method: &str, uri: &str) -> (u16, String) {
    let request = http::Request::builder().method(method).uri(uri).body(Body::empty()).expect("a valid request");
    let (head, body) = party.send(request).await.expect("an answer").into_parts();
    let body = body.collect(1 << 20).await.expect("a whole answer");
    (head.status.as_u16(), String::from_utf8_lossy(&body).into_owned())
}

/// Repositories of the registry in which a tag is listed.
async fn tagged(party: &Party, base: &str) -> Vec<String> {
    let (_, catalog) = get(party, "GET", &format!("{base}/v2/_catalog")).await;
    let catalog: serde_json::Value = serde_json::from_str(&catalog).expect("JSON");
    let mut found = Vec::new();
    for name in catalog["repositories"].as_array().expect("a list").iter().filter_map(|name| name.as_str()) {
        let (_, tags) = get(party, "GET", &format!("{base}/v2/{name}/tags/list")).await;
        let tags: serde_json::Value = serde_json::from_str(&tags).expect("JSON");
        if tags["tags"].as_array().is_some_and(|tags| !tags.is_empty()) {
            found.push(name.to_owned());
        }
    }
    found
}

#[test]
fn what_was_pushed_to_somebodys_registry_is_gone_after_ctrl_c() {
    let dir = tempfile::tempdir().expect("writable");
    let (_registry, ready) = serve(&["registry", "--listen", "127.0.0.1:0"], dir.path());
    let base = format!("http://{}", word_after(&ready, "on http://"));
    let push = "- push: { image: app, as: \"${repo}:1\" }\n";
    let long =
        format!("{push}- repeat:\n    times: 10000\n    steps:\n    - push: {{ image: app, as: \"${{repo}}:2\" }}\n");
    let files = [
        scenario(dir.path(), "a-short", push),
        scenario(dir.path(), "b-long", &long),
        scenario(dir.path(), "c-none", push),
    ];
    let mut command = clean(support::SHAKEDOWN, dir.path());
    let events = ["--report", EVENTS];
    command.current_dir(dir.path()).args(["run", "-j", "1", "--system", &base]).args(events).args(files);
    let running = Running::start(command);
    running.line_with(r#"{"event":"step-finished","id":"b-long","#);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let party = network::client(&NetworkOptions::default());
        let ours = tagged(&party, &base).await;
        let [ours] = ours.as_slice() else { panic!("one scenario pushes, not {ours:?}") };
        assert!(ours.starts_with("sd-"), "{ours}");

        assert_eq!(running.interrupt().code(), Some(130));
        let report = report(dir.path());
        assert!(report.run.interrupted);
        let verdicts: Vec<_> = report.scenarios.iter().map(|one| (one.id.as_str(), one.verdict)).collect();
        let expected = [("a-short", Verdict::Passed), ("b-long", Verdict::NotRun), ("c-none", Verdict::NotRun)];
        assert_eq!(verdicts, expected);
        assert_eq!((report.totals.total, report.totals.not_run), (3, 2));

        // An upload whose beginning was not answered yet has no address; all else is gone.
        let unknown = |line: &&String| !line.starts_with("perhaps an upload in ");
        assert_eq!(report.run.left_behind.iter().filter(unknown).count(), 0, "{:?}", report.run.left_behind);
        assert_eq!(tagged(&party, &base).await, [""; 0]);
        let calls = report.scenarios.iter().flat_map(|scenario| &scenario.calls).map(|call| call.uri.as_str());
        let blobs: Vec<_> = calls.filter(|uri| uri.contains("/blobs/sha256:")).collect();
        assert!(!blobs.is_empty(), "the calls of the scenario that was cut off are told");
        for blob in blobs {
            assert_eq!(get(&party, "HEAD", blob).await.0, 404, "{blob}");
        }
    });
}

/// Command lines of processes that name `dir`.
fn processes_of(dir: &Path) -> Vec<String> {
    let lines = fs::read_dir("/proc").expect("Linux").filter_map(|entry| {
        let bytes = fs::read(entry.ok()?.path().join("cmdline")).ok()?;
        Some(String::from_utf8_lossy(&bytes).replace('\0', " "))
    });
    let dir = dir.display().to_string();
    lines.filter(|line| line.contains(&dir) && line.contains("docker-registry")).collect()
}

#[test]
fn what_a_killed_run_left_is_gone_after_the_next() {
    let dir = tempfile::tempdir().expect("writable");
    let place = dir.path().join("tmp");
    fs::create_dir(&place).expect("writable");
    let push = "- push: { image: app, as: \"${repo}:1\" }\n";
    let files = [
        scenario(dir.path(), "short", push),
        scenario(dir.path(), "waits", &format!("{push}- advance: {{ by: 60s }}\n")),
    ];
    let run = |args: &[&str], file: &str| {
        let mut command = clean(support::SHAKEDOWN, dir.path());
        command.current_dir(dir.path()).env("TMPDIR", &place).args(["run", "--system", "reference-process"]);
        command.args(args).arg(file);
        command
    };
    let mut running = Running::start(run(&["--report", EVENTS], &files[1]));
    running.line_with(r#"{"event":"step-finished","id":"waits","#);
    running.kill();
    assert_ne!(fs::read_dir(&place).expect("readable").count(), 0, "nobody could remove it");
    support::run(&mut run(&[], &files[0]));
    assert_eq!(fs::read_dir(&place).expect("readable").count(), 0, "files are left");
}

#[test]
fn no_process_and_no_file_of_a_registry_that_we_started_stays_after_ctrl_c() {
    if !have("docker-registry") {
        return;
    }
    let dir = tempfile::tempdir().expect("writable");
    let place = dir.path().join("tmp");
    fs::create_dir(&place).expect("writable");
    let waits = "- push: { image: app, as: \"${repo}:1\" }\n- advance: { by: 60s }\n";
    let file = scenario(dir.path(), "waits", waits);
    let mut command = clean(support::SHAKEDOWN, dir.path());
    let args = ["run", "--system", "distribution-2.8", "--report", EVENTS, &file];
    command.current_dir(dir.path()).env("TMPDIR", &place).args(args);
    let running = Running::start(command);
    running.line_with(r#"{"event":"step-finished","id":"waits","#);
    let started = processes_of(&place);
    assert!(started.iter().any(|line| line.contains(" serve ")), "{started:?}");
    assert_eq!(running.interrupt().code(), Some(130));
    assert_eq!(processes_of(&place), [""; 0]);
    assert_eq!(fs::read_dir(&place).expect("readable").count(), 0, "files are left");
    let report = report(dir.path());
    assert!(report.run.interrupted);
    assert_eq!(report.scenarios[0].verdict, Verdict::NotRun);
}
