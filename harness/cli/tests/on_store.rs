//! Registries on somebody's store: `run --s3-endpoint` and `qualify --with-registry`. The store is a mock in another process, whose own
//! journal and content tell what was done to it.

mod support;

use std::path::Path;
use std::process::{Command, Output};

use shakedown_probe::Report as Qualification;
use shakedown_reports::{Report, Verdict};
use shakedown_s3::control::ControlClient;
use shakedown_wire::network::{self, NetworkOptions};
use support::{Running, clean, have, serve, word_after};

/// A scenario that passes on any store, one whose fault a proxy can make, one whose fault only a store can have, and one that changes what
/// is stored.
const SCENARIOS: &str = "id(push-and-pull[streamed]) | id(complete-200-with-error[an-internal-error]) | id(async-multipart-create) | id(blob-cut-at-rest)";

/// A store of somebody's.
struct Store {
    _process: Running,
    endpoint: String,
    control: ControlClient,
}

impl Store {
    fn start(home: &Path, fault: Option<&str>) -> Self {
        let mut args = vec!["s3", "--listen", "127.0.0.1:0", "--bucket", "lab", "--control", "127.0.0.1:0"];
        args.extend(fault.iter().flat_map(|fault| ["--fault", fault]));
        let (process, ready) = serve(&args, home);
        let control = format!("http://{}", word_after(&ready, "control on http://"));
        let control = ControlClient::new(network::client(&NetworkOptions::default()), control);
        Self { _process: process, endpoint: word_after(&ready, "S3 on ").to_owned(), control }
    }

    /// Keys and open uploads in the bucket.
    fn content(&self) -> Vec<String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let objects = self.control.objects("lab", "").await.expect("a list").into_iter().map(|object| object.key);
            let uploads = self.control.uploads("lab").await.expect("a list").into_iter().map(|upload| upload.key);
            objects.chain(uploads).collect()
        })
    }

    /// Everything that was asked of it, as `method uri`.
    fn asked(&self) -> Vec<String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let calls = runtime.block_on(self.control.exchanges(0)).expect("a journal");
        calls.into_iter().map(|call| format!("{} {}", call.request.method, call.request.uri)).collect()
    }
}

fn command(home: &Path, args: &[&str]) -> Command {
    let mut command = clean(support::SHAKEDOWN, home);
    command.env("AWS_ACCESS_KEY_ID", "shakedown").env("AWS_SECRET_ACCESS_KEY", "shakedown-secret");
    command.current_dir(home).args(args);
    command
}

fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn on_store(store: &Store, home: &Path, args: &[&str]) -> (Output, Report) {
    let endpoint = ["run", "--s3-endpoint", &store.endpoint, "--bucket", "lab"];
    let output = command(home, &[&endpoint[..], args].concat()).output().expect("it starts");
    let report = std::fs::read_to_string(home.join("shakedown-report/report.json")).expect("a report");
    (output, serde_json::from_str(&report).expect("it is whole"))
}

#[test]
fn scenarios_run_on_somebodys_store_which_is_left_as_it_was() {
    let home = tempfile::tempdir().unwrap();
    let store = Store::start(home.path(), None);
    for system in ["reference", "reference-process", "distribution-2.8"] {
        if system == "distribution-2.8" && !have("docker-registry") {
            continue;
        }
        let (output, report) = on_store(&store, home.path(), &["--system", system, "-E", SCENARIOS]);
        let text = told(&output);
        assert_eq!(output.status.code(), Some(0), "{system}: {text}");
        let one = |id: &str| report.scenarios.iter().find(|scenario| scenario.id == id).expect("it was chosen");
        assert_eq!(one("push-and-pull[streamed]").verdict, Verdict::Passed, "{system}: {text}");
        let skipped = one("async-multipart-create");
        assert_eq!(skipped.verdict, Verdict::Skipped, "{system}: {text}");
        assert!(skipped.reason.as_deref().unwrap_or_default().contains("only the S3 mock can do"), "{skipped:?}");
        let faulty = one("complete-200-with-error[an-internal-error]");
        assert!(faulty.faults_fired > 0 && faulty.verdict != Verdict::Skipped, "{system}: {text}");
        assert!(faulty.repeat.contains(&format!("--s3-endpoint {}", store.endpoint)), "{}", faulty.repeat);
        assert_eq!(report.run.storage, format!("{}/ bucket lab", store.endpoint));
        assert_eq!(store.content(), [""; 0], "{system}");
    }
    let asked = store.asked();
    let outside = |call: &&String| !call.contains("shakedown-qualify-") && !call.contains("delete");
    assert_eq!(asked.iter().find(outside), None, "all of it is in the run's own directory");
    assert!(!asked.is_empty());
}

#[test]
fn ctrl_c_leaves_nothing_in_the_store() {
    let home = tempfile::tempdir().unwrap();
    let store = Store::start(home.path(), None);
    let long = "title: long\ngiven:\n  images: { app: { layers: [{ size: 6MiB }] } }\nsteps:\n- push: { image: app, as: \"${repo}:1\" }\n\
                - repeat:\n    times: 10000\n    steps:\n    - push: { image: app, as: \"${repo}:2\" }\n";
    std::fs::write(home.path().join("long.yaml"), long).expect("writable");
    let args =
        ["run", "--s3-endpoint", &store.endpoint, "--bucket", "lab", "--report", "ndjson=/dev/stderr", "long.yaml"];
    let running = Running::start(command(home.path(), &args));
    running.line_with(r#"{"event":"step-finished","id":"long","#);
    assert_ne!(store.content(), [""; 0]);
    assert_eq!(running.interrupt().code(), Some(130));
    assert_eq!(store.content(), [""; 0]);
}

#[test]
fn a_store_or_a_registry_that_cannot_be_used_so_is_one_line() {
    let home = tempfile::tempdir().unwrap();
    let store = Store::start(home.path(), None);
    let here = store.endpoint.as_str();
    let push = "scenarios/storage/push-and-pull.yaml";
    for (args, code, says) in [
        (
            ["--s3-endpoint", "http://127.0.0.1:9", "--bucket", "lab", "--system", "reference", push],
            3,
            "cannot be used",
        ),
        (["--s3-endpoint", here, "--bucket", "absent", "--system", "reference", push], 3, "cannot be used"),
        (["--s3-endpoint", here, "--bucket", "lab", "--system", "http://127.0.0.1:9", push], 2, "has its storage"),
        (["--s3-endpoint", "http://h/p", "--bucket", "lab", "--system", "reference", push], 2, "SCHEME://HOST:PORT"),
    ] {
        let output = command(home.path(), &[&["run"], &args[..]].concat()).output().expect("it starts");
        assert_eq!(output.status.code(), Some(code), "{}", told(&output));
        assert!(told(&output).contains(says), "{}", told(&output));
    }
    let file = "title: mine\ncommand: /bin/true\nready: { path: /v2/, status: 200, within: 1s }\n";
    std::fs::write(home.path().join("mine.yaml"), file).expect("writable");
    let args = ["run", "--s3-endpoint", here, "--bucket", "lab", "--system", "mine.yaml", push];
    let output = command(home.path(), &args).output().expect("it starts");
    assert_eq!(output.status.code(), Some(3), "{}", told(&output));
    assert!(told(&output).contains("does not say ${root-directory}"), "{}", told(&output));
    assert_eq!(store.content(), [""; 0]);
}

fn qualified(store: &Store, home: &Path, registry: &str) -> (Output, Qualification) {
    let path = home.join("qualification.json");
    let report = format!("json={}", path.display());
    let args =
        ["qualify", "--endpoint", &store.endpoint, "--bucket", "lab", "--probes", "obj.put", "--report", &report];
    let with = ["--with-registry", registry, "--registry-filter", SCENARIOS];
    let output = command(home, &[&args[..], &with].concat()).output().expect("it starts");
    let report = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("no report: {}", told(&output)));
    (output, serde_json::from_str(&report).expect("it is whole"))
}

#[test]
fn a_registry_on_the_store_is_part_of_its_qualification() {
    let home = tempfile::tempdir().unwrap();
    let good = Store::start(home.path(), None);
    let (output, report) = qualified(&good, home.path(), "reference");
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    assert!(told(&output).contains("2 scenarios passed, 0 known, 0 failed, 1 skipped"), "{}", told(&output));
    assert_eq!((report.on_top[0].passed, report.on_top[0].failures.len()), (2, 0));

    // Copies that are acknowledged and not done: no probe of this run asks for that, the registry meets it.
    let fault = home.path().join("fault.yaml");
    std::fs::write(
        &fault,
        "- { on: s3, when: { operation: CompleteMultipartUpload }, effect: { not-applied: normal } }\n",
    )
    .unwrap();
    let bad = Store::start(home.path(), Some(fault.to_str().unwrap()));
    let (output, report) = qualified(&bad, home.path(), "reference");
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    let failures = &report.on_top[0].failures;
    let failure = failures.iter().find(|failure| failure.scenario == "push-and-pull[streamed]").expect("it fails");
    assert!(failure.blame.as_deref().unwrap_or_default().starts_with("storage: "), "{failure:?}");
    assert_eq!(bad.content(), [""; 0]);
    if have("docker-registry") {
        let (output, report) = qualified(&good, home.path(), "docker-registry");
        assert_eq!(output.status.code(), Some(0), "{}", told(&output));
        assert_eq!(report.on_top[0].known, 1, "{}", told(&output));
    }
}

/// A program, started for the run and ended with it: two that others have written, with the verdicts that a qualification predicts.
#[test]
fn a_store_is_started_for_the_run() {
    let home = tempfile::tempdir().unwrap();
    for (store, program, system, passed) in [
        ("moto", "moto_server", "reference", true),
        ("moto", "moto_server", "distribution-2.8", true),
        // It lists no multipart uploads, and each chunk asks for that list: `mpu.list_immediate`.
        ("s3s-fs", "s3s-fs", "distribution-2.8", false),
    ] {
        if !have(program) || (system == "distribution-2.8" && !have("docker-registry")) {
            continue;
        }
        let args = ["run", "--store", store, "--system", system, "-E", "id(push-and-pull[streamed])"];
        let output = command(home.path(), &args).output().expect("it starts");
        assert_eq!(output.status.code(), Some(i32::from(!passed)), "{store} {system}: {}", told(&output));
        assert_eq!(told(&output).contains("blame: storage"), !passed, "{store} {system}: {}", told(&output));
    }
    let output = command(home.path(), &["run", "--store", "none"]).output().expect("it starts");
    assert_eq!(output.status.code(), Some(2), "{}", told(&output));
    assert!(told(&output).contains("there are minio") || told(&output).contains("minio, "), "{}", told(&output));
}
