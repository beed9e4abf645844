//! The scenarios of `scenarios/clients` see what they are for: each passes with a client that does nothing wrong, and fails with one
//! that does the one thing it is about. skopeo itself is a trial of `scenarios`.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use shakedown_cli::library::{self, Selection};
use shakedown_engine::{Over, RunOptions};
use shakedown_reports::{Options, Party, Verdict, terminal};
use shakedown_scenario::Plan;

/// Scenario, and what a client does wrong that it must see (modes of `scripts/wrong_client.py`). The case is the first of its matrix.
const SEEN: &[(&str, &[&str])] = &[
    ("client-authorization-stays-here", &["leaks", "idle"]),
    ("client-backs-off", &["hammers", "idle"]),
    ("client-blob-cut-in-flight", &["gullible", "idle"]),
    ("client-body-limit-413", &["gullible", "hammers", "idle"]),
    ("client-chunk-refused-for-its-size", &["gullible", "hammers", "idle"]),
    ("client-comes-back-after-503", &["hammers", "idle"]),
    ("client-docker-body-limit-413", &["gullible", "hammers", "idle"]),
    ("client-docker-comes-back-after-503", &["hammers", "idle"]),
    ("client-docker-push-and-pull", &["idle"]),
    ("client-docker-wrong-byte-in-flight", &["gullible", "idle"]),
    ("client-firewall-403", &["gullible", "hammers", "idle"]),
    ("client-forward-proxy", &["direct", "gullible", "hammers", "idle"]),
    ("client-insufficient-scope", &["forever", "idle"]),
    ("client-pages-of-tags", &["first-page", "idle"]),
    ("client-portal-200", &["gullible", "idle"]),
    ("client-realm-from-inside", &["idle"]),
    ("client-refused-before-the-body", &["gullible", "hammers", "idle"]),
    ("client-token-clock-skew", &["forever", "gullible", "idle"]),
    ("client-token-expires-mid-push", &["stale", "idle"]),
    ("client-token-server-broken", &["forever", "hammers", "idle"]),
    ("client-token-server-throttles", &["hammers", "idle"]),
    ("client-told-when-to-come-back", &["hammers", "idle"]),
    ("client-wrong-byte-in-flight", &["gullible", "idle"]),
];

/// What an honest client needs said otherwise than skopeo 1.9.
const HONEST: &[(&str, &str)] =
    &[("after-503", "succeeds"), ("new-token", "succeeds"), ("throttled-token", "succeeds")];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace root exists")
}

/// A program that is the script in one mode.
fn program(dir: &Path, mode: &str) -> String {
    let path = dir.join(mode);
    let script = root().join("harness/cli/tests/scripts/wrong_client.py");
    fs::write(&path, format!("#!/bin/sh\nexec /usr/bin/python3 {} {mode} \"$@\"\n", script.display()))
        .expect("writable");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("ours");
    path.to_string_lossy().into_owned()
}

/// The scenarios with this program as their client; the first case of each.
fn plans(client: &str) -> Vec<Plan> {
    let honest = HONEST.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let programs = ["skopeo", "docker"].map(|name| (name.to_owned(), client.to_owned()));
    let vars: Vec<_> = programs.into_iter().chain(honest).collect();
    let paths = [root().join("scenarios/clients")];
    let loaded = library::load(&Selection { paths: &paths, vars: &vars, secrets: &[] })
        .unwrap_or_else(|e| panic!("{}", e.message));
    assert!(loaded.problems.is_empty(), "{}", shakedown_scenario::render(&loaded.problems, false));
    let mut plans = loaded.plans;
    let mut seen = std::collections::BTreeSet::new();
    plans.retain(|plan| seen.insert(stem(plan).to_owned()));
    plans
}

fn stem(plan: &Plan) -> &str {
    plan.id.split('[').next().expect("split yields once")
}

fn run(plans: Vec<Plan>) -> shakedown_reports::Report {
    shakedown_engine::run(plans, RunOptions { over: Over::Tcp, jobs: 8, ..RunOptions::default() }, |_| {}).report
}

fn shown(report: &shakedown_reports::Report, scenario: &shakedown_reports::ScenarioReport) -> String {
    let mut text = String::new();
    terminal::failure(&report.run, scenario, &Options::default(), &mut text).expect("a String takes every text");
    text
}

#[test]
fn a_client_that_does_nothing_wrong_passes() {
    let dir = tempfile::tempdir().expect("a folder");
    let report = run(plans(&program(dir.path(), "honest")));
    let bad = report.scenarios.iter().filter(|scenario| scenario.verdict != Verdict::Passed);
    let bad: String = bad.map(|scenario| shown(&report, scenario)).collect();
    assert!(bad.is_empty(), "{bad}");
}

#[test]
fn each_scenario_sees_the_client_that_it_is_about() {
    let dir = tempfile::tempdir().expect("a folder");
    let modes: std::collections::BTreeSet<_> = SEEN.iter().flat_map(|(_, modes)| modes.iter().copied()).collect();
    let mut missed = Vec::new();
    for mode in modes {
        let mut all = plans(&program(dir.path(), mode));
        let listed: Vec<_> = SEEN.iter().map(|(id, _)| *id).collect();
        assert!(
            all.iter().all(|plan| listed.contains(&stem(plan))),
            "a scenario is not in SEEN: nothing shows that it can fail"
        );
        all.retain(|plan| SEEN.iter().any(|(id, modes)| *id == stem(plan) && modes.contains(&mode)));
        let report = run(all);
        for scenario in &report.scenarios {
            let blame = scenario.blame.as_ref().map(|blame| blame.party);
            if scenario.verdict != Verdict::Failed || blame != Some(Party::Client) {
                missed.push(format!("{mode}: {} {:?}\n{}", scenario.id, scenario.verdict, shown(&report, scenario)));
            }
        }
    }
    assert!(missed.is_empty(), "{}", missed.concat());
}

#[test]
fn a_client_by_hand_is_watched_with_the_storage_calls_it_causes() {
    let dir = tempfile::tempdir().expect("a folder");
    let any = "127.0.0.1:0";
    let scenario = "scenarios/clients/client-told-when-to-come-back.yaml";
    let args = ["registry", "--listen", any, "--control", any, "--fault", scenario, "--case", "too-many-at-post"];
    let (serving, ready) = support::serve(&args, dir.path());
    let registry = support::word_after(&ready, "registry on http://");
    let control = support::word_after(&ready, "shakedown watch ");
    let image = serving.lines().into_iter().find_map(|line| line.strip_prefix("image app: ").map(str::to_owned));
    let image = image.expect("the image of the scenario is told before it is ready");
    let to = format!("docker://{registry}/lab/app:1");
    support::run(support::clean(&program(dir.path(), "honest"), dir.path()).args(["copy", &image, &to]));
    let watched = support::run(support::clean(support::SHAKEDOWN, dir.path()).args(["watch", "--once", control]));
    let text = String::from_utf8(watched.stdout).expect("UTF-8");
    for shown in ["429", "* fault: answers 429", "PUT    /v2/lab/app/manifests/1", "PUT    blob-data"] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
    assert!(serving.terminate().success());
    let gone =
        support::clean(support::SHAKEDOWN, dir.path()).args(["watch", "--once", control]).output().expect("it runs");
    assert_eq!(gone.status.code(), Some(3), "nobody is there any more");
}

#[test]
fn what_is_only_for_a_scenario_says_so() {
    let dir = tempfile::tempdir().expect("a folder");
    let scenario = "scenarios/clients/client-told-when-to-come-back.yaml";
    for (args, says) in [
        (&["--control", "127.0.0.1:0"][..], "are for a scenario"),
        (&["--fault", scenario, "--case", "late"], "has no case `late`; there are: too-many-at-head, too-many-at-post"),
        (&["--fault", scenario, "--anonymous-pull"], "a scenario brings its own storage, users and settings"),
        (&["--fault", scenario, "--control", "0.0.0.0:0"], "is not a loopback address"),
    ] {
        let mut command = support::clean(support::SHAKEDOWN, dir.path());
        let output =
            command.args(["serve", "registry", "--listen", "127.0.0.1:0"]).args(args).output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(says), "{says}: {said}");
    }
}
