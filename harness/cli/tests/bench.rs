//! `shakedown bench`, `compare` and `merge` as their users run them: bounded loads, on loopback. Times of an unoptimised build on a busy
//! machine say nothing, so these tests look at counts and at what is said; the statistics have tests of their own (`shakedown-load`).

mod support;

use std::path::Path;
use std::process::Output;

use serde_json::Value;
use support::{Running, clean};

fn shakedown(args: &[&str], dir: &Path) -> (Option<i32>, String, String) {
    let mut command = clean(support::SHAKEDOWN, dir);
    let Output { status, stdout, stderr } = command.current_dir(dir).args(args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
    (status.code(), text(stdout), text(stderr))
}

fn report(path: &Path) -> Value {
    let report: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let schema: Value = serde_json::from_str(&shakedown_reports::bench_schema()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<_> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    report
}

/// What one system did, without times.
fn counts(report: &Value) -> Vec<(String, u64, u64, u64)> {
    let operations = report["loads"][0]["systems"][0]["operations"].as_object().unwrap();
    let number = |operation: &Value, field: &str| operation[field].as_u64().unwrap();
    operations
        .iter()
        .map(|(kind, of)| (kind.clone(), number(of, "count"), number(of, "errors"), number(of, "bytes")))
        .collect()
}

#[test]
fn a_load_is_measured_and_its_storage_requests_are_counted() {
    let dir = tempfile::tempdir().unwrap();
    let args =
        ["bench", "small-pushes", "--count", "60", "--workers", "3", "--rounds", "3", "--report", "markdown=speed.md"];
    let (code, out, err) = shakedown(&[&args[..], &["--report", "html=speed.html"]].concat(), dir.path());
    assert_eq!(code, Some(0), "{out}{err}");
    let report = report(&dir.path().join("shakedown-report/bench.json"));
    assert_eq!(counts(&report), [("push-blob".to_owned(), 60, 0, 60 * 1024)]);
    let system = &report["loads"][0]["systems"][0];
    // 8 for each push, and a look for a garbage collection every five seconds.
    let requests = system["storage"]["requests"].as_u64().unwrap();
    assert!((480..=490).contains(&requests), "{requests}");
    assert!(system["storage"]["bytes_in"].as_u64().unwrap() > 60 * 1024);
    assert_eq!(
        system["rounds"].as_array().unwrap().iter().map(|round| round["count"].as_u64().unwrap()).sum::<u64>(),
        60
    );
    let latency = &system["operations"]["push-blob"]["latency"];
    let buckets = latency["buckets"].as_array().unwrap();
    assert_eq!(buckets.iter().map(|bucket| bucket[1].as_u64().unwrap()).sum::<u64>(), 60);
    assert!(latency["p50_us"].as_u64() <= latency["p999_us"].as_u64());
    if cfg!(target_os = "linux") {
        assert!(system["resources"]["cpu_us"].as_u64().unwrap() > 0, "the registry is a child: {system}");
        assert!(system["resources"]["peak_bytes"].as_u64().unwrap() > 1 << 20);
    }
    assert!(out.contains("storage requests per operation") && out.contains("without optimisation"), "{out}");
    let markdown = std::fs::read_to_string(dir.path().join("speed.md")).unwrap();
    assert!(markdown.contains("| push-blob | reference | 60 | 0 |"), "{markdown}");
    assert!(markdown.contains("Repeat: `shakedown bench small-pushes --system reference --count 60"), "{markdown}");

    let page = std::fs::read_to_string(dir.path().join("speed.html")).unwrap();
    assert!(page.contains("Operations over time") && page.contains("Times of push-blob"), "{page}");
    let later = ["report", "shakedown-report/bench.json", "--report"];
    assert_eq!(shakedown(&[&later[..], &["html=again.html"]].concat(), dir.path()).0, Some(0));
    assert_eq!(std::fs::read_to_string(dir.path().join("again.html")).unwrap(), page);
    let (code, _, err) = shakedown(&[&later[..], &["junit=no.xml"]].concat(), dir.path());
    assert_eq!((code, err.contains("only terminal, json, markdown, html")), (Some(2), true), "{err}");
}

#[test]
fn faults_of_the_storage_are_counted_while_they_strike() {
    let dir = tempfile::tempdir().unwrap();
    let text = "title: Some answers come late\ncount: 40\nworkers: 2\nstorage:
  faults:
  - { on: s3, when: { operation: PutObject, calls: { from: 3 }, at-most: 7 }, effect: { delay: 30ms } }
operations:
- push-blob: { size: 1KiB, by: post-put }\n";
    std::fs::write(dir.path().join("late.yaml"), text).unwrap();
    let (code, out, err) = shakedown(&["bench", "late.yaml", "--in-process", "--rounds", "4"], dir.path());
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains("fault under reference: waits 30ms before it applies the request, 7 x"), "{out}");
    let report = report(&dir.path().join("shakedown-report/bench.json"));
    let faults = report["loads"][0]["systems"][0]["faults"].as_object().unwrap();
    let struck: u64 = faults.values().flat_map(|counts| counts.as_array().unwrap()).filter_map(Value::as_u64).sum();
    assert_eq!((faults.len(), struck), (1, 7), "each strike is in one interval: {faults:?}");
}

/// The storage keeps some links only in its answers; whoever reads back what it wrote notices. Each of them is the only way to one push.
#[test]
fn what_was_acknowledged_is_read_back_when_the_faults_are_over() {
    let dir = tempfile::tempdir().unwrap();
    let text = "title: Some links are not kept\ncount: 60\nworkers: 3\nrepositories: 2\nstorage:
  faults:
  - { on: s3, when: { operation: PutObject, key: '**/_layers/**/link', every: 5, at-most: 3 }, effect: not-applied }
  - { on: s3, when: { operation: PutObject, key: '**/tags/*/current/link', every: 3, at-most: 2 }, effect: not-applied }
operations:
- push-blob: { size: 1KiB, by: post-put }
- push-blob: { size: 2KiB, by: post-patch-put }
- push-manifest: {}
- mount: { size: 1KiB, of: 2 }
- head-blob: { size: 1KiB, of: 2 }\n";
    std::fs::write(dir.path().join("links.yaml"), text).unwrap();
    let bench = |system: &str| {
        let run = shakedown(&["bench", "links.yaml", "--in-process", "--rounds", "2", "--system", system], dir.path());
        let system = report(&dir.path().join("shakedown-report/bench.json"))["loads"][0]["systems"][0].clone();
        (run, system)
    };
    let ((code, out, err), system) = bench("reference");
    assert_eq!(code, Some(0), "{out}{err}");
    let pushed: u64 = system["operations"].as_object().unwrap().iter().fold(0, |all, (kind, operation)| {
        all + if kind == "head-blob" { 0 } else { operation["count"].as_u64().unwrap() }
    });
    assert_eq!(system["verification"]["verified"], pushed, "{system}");
    assert!(out.contains(&format!("nothing lost on reference: {pushed} acknowledged pushes read back")), "{out}");

    let ((code, out, err), system) = bench("reference+links-not-verified");
    assert_eq!(code, Some(1), "{out}{err}");
    let lost: u64 = system["verification"]["lost"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
    assert_eq!(lost, 5, "{system}");
    assert!(out.contains("LOST on reference+links-not-verified: 5 of"), "{out}");
    assert!(out.contains("for instance"), "{out}");
}

/// Those that need nothing but a registry that takes and gives.
const PLAIN_OPERATIONS: &str = "
- pull-blob: { size: { lognormal: { median: 4KiB, spread: 8, at-most: 1MiB } }, of: 3 }
- head-blob: { size: 1KiB, of: 2 }
- push-image: { layers: 3, size: { one-of: [1KiB, 8KiB] } }
- pull-image: { layers: 2, size: 1KiB, of: 2 }
- mount: { size: 1KiB, of: 2 }
- push-manifest: {}
- pull-manifest: { of: 2 }\n";

#[test]
fn every_kind_of_operation_works_on_a_registry() {
    let dir = tempfile::tempdir().unwrap();
    let text =
        "title: All of it\ncount: 110\nworkers: 4\nrepositories: 3\nstorage: { grown: { blobs: 7 } }\noperations:
- push-blob: { size: { uniform: [1B, 2MiB] }, by: post-put }
- push-blob: { size: 0B, by: post }
- list-tags: { tags: 5, page: 2 }
- list-referrers: { of: 2, referrers: 3 }
- pull-grown-blob: {}";
    let text = format!("{text}{PLAIN_OPERATIONS}");
    std::fs::write(dir.path().join("all.yaml"), text).unwrap();
    let (code, out, err) = shakedown(&["bench", "all.yaml", "--in-process"], dir.path());
    assert_eq!(code, Some(0), "{out}{err}");
    let counts = counts(&report(&dir.path().join("shakedown-report/bench.json")));
    assert_eq!(counts.len(), 11, "{counts:?}");
    assert_eq!(counts.iter().map(|(_, count, ..)| count).sum::<u64>(), 110, "{counts:?}");
    assert!(counts.iter().all(|(_, _, errors, _)| *errors == 0), "{out}");
    let text = "title: Lists\ncount: 8\noperations: [{ list-referrers: { of: 2, referrers: 3 } }]\n";
    std::fs::write(dir.path().join("lists.yaml"), text).unwrap();
    let args = ["bench", "lists.yaml", "--in-process", "--system", "reference+last-referrer-forgotten"];
    let (code, out, err) = shakedown(&args, dir.path());
    assert_eq!((code, out.contains("2 referrers, and 3 were pushed")), (Some(1), true), "{out}{err}");
}

#[test]
fn one_more_storage_request_is_a_regression_and_the_same_build_is_none() {
    let dir = tempfile::tempdir().unwrap();
    // Only counts may decide here: a threshold of 1000 % keeps the weather out.
    let bench = |system: &str| {
        let args = ["bench", "small-pushes", "--count", "60", "--workers", "2", "--threshold", "1000", "--rounds", "3"];
        shakedown(&[&args[..], &["--system", system, "--against", "reference"]].concat(), dir.path())
    };
    let (code, out, err) = bench("reference+one-more-storage-request");
    assert_eq!(code, Some(5), "{out}{err}");
    assert!(out.contains("REGRESSED: storage requests per operation of small-pushes"), "{out}");
    let (code, out, err) = shakedown(&["compare", "shakedown-report/bench.json", "--threshold", "1000"], dir.path());
    assert_eq!(code, Some(5), "the report tells the same: {out}{err}");
    let (code, out, err) = bench("reference");
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains("no regression"), "{out}");
}

/// A load with goals, of pushes to a registry in this process.
fn with_goals(dir: &Path, goals: &str) {
    let text = format!(
        "title: Pushes\ncount: 60\nworkers: 2\noperations: [{{ push-blob: {{ size: 1KiB }} }}]\ngoals:\n{goals}"
    );
    std::fs::write(dir.join("goals.yaml"), text).unwrap();
}

#[test]
fn goals_are_met_by_the_reference_and_missed_with_one_more_storage_request() {
    let dir = tempfile::tempdir().unwrap();
    let bench = |system: &str, more: &[&str]| {
        let args = ["bench", "goals.yaml", "--rounds", "2", "--report", "markdown=goals.md", "--system", system];
        let run = shakedown(&[&args[..], more].concat(), dir.path());
        (run, report(&dir.path().join("shakedown-report/bench.json"))["loads"][0]["goals"].clone())
    };
    with_goals(dir.path(), "- { metric: storage-requests, at-most: 100 }\n");
    let ((code, out, err), goals) = bench("reference", &["--in-process", "--goals"]);
    assert_eq!((code, &goals[0]["verdict"]), (Some(0), &"met".into()), "{out}{err}");
    let spent = goals[0]["measured"].as_f64().unwrap().floor();

    with_goals(
        dir.path(),
        &format!(
            "- {{ metric: storage-requests, at-most: {spent} }}\n- {{ metric: peak-memory, at-most: 1GiB }}\n- {{ metric: bytes-per-second, at-least: 2, times: limit }}\n"
        ),
    );
    let ((code, out, err), goals) = bench("reference", &["--in-process", "--goals"]);
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains("1 of 3 goals met by reference, 2 not measured"), "{out}");
    assert_eq!(goals[1]["verdict"], "not-seen", "the registry is no child here: {out}");
    assert!(goals[2]["why"].as_str().unwrap().contains("add --against limit"), "{out}");

    let ((code, out, err), goals) = bench("reference+one-more-storage-request", &["--goals"]);
    assert_eq!(code, Some(5), "{out}{err}");
    assert_eq!((&goals[0]["verdict"], &goals[1]["verdict"]), (&"missed".into(), &"met".into()), "{out}");
    assert!(goals[0]["ratio"].as_f64().unwrap() > 1.0, "{goals}");
    let missed =
        "MISSED by reference+one-more-storage-request: storage-requests of goals (1 of 3 goals met, 1 not measured)";
    assert!(out.contains(missed), "{out}");
    let repeat = "shakedown bench goals.yaml --system reference+one-more-storage-request --rounds 2 --seed 1 --goals";
    assert!(out.contains(&format!("repeat  {repeat}\n")), "{out}");
    let markdown = std::fs::read_to_string(dir.path().join("goals.md")).unwrap();
    assert!(markdown.contains(missed) && markdown.contains(&format!("Repeat: `{repeat}`")), "{markdown}");
    let ((code, out, err), _) = bench("reference+one-more-storage-request", &["--in-process"]);
    assert_eq!((code, out.contains("MISSED")), (Some(0), true), "without --goals they are only shown: {out}{err}");
}

#[test]
fn lost_pushes_go_before_missed_goals() {
    let dir = tempfile::tempdir().unwrap();
    with_goals(
        dir.path(),
        "- { metric: storage-requests, at-most: 0.5 }\nstorage:
  faults:
  - { on: s3, when: { operation: PutObject, key: '**/_layers/**/link', every: 5, at-most: 3 }, effect: not-applied }\n",
    );
    let args = ["bench", "goals.yaml", "--in-process", "--system", "reference+links-not-verified", "--goals"];
    let (code, out, err) = shakedown(&args, dir.path());
    assert_eq!(code, Some(1), "{out}{err}");
    assert!(out.contains("LOST on") && out.contains("MISSED by"), "{out}");
}

#[test]
fn the_limit_is_a_system_without_storage_that_goals_can_name() {
    let dir = tempfile::tempdir().unwrap();
    let args = ["bench", "huge-layer-pull", "--count", "2", "--system", "reference", "--against", "limit"];
    let (code, out, err) = shakedown(&args, dir.path());
    assert_eq!(code, Some(0), "slower than the limit is no regression: {out}{err}");
    let report = report(&dir.path().join("shakedown-report/bench.json"));
    let systems = report["loads"][0]["systems"].as_array().unwrap();
    assert_eq!((systems[1]["name"].as_str(), systems[1]["storage"].is_null()), (Some("limit"), true), "{report}");
    let goals = report["loads"][0]["goals"].as_array().unwrap();
    let goal = goals.iter().find(|goal| goal["times"] == "limit").unwrap();
    assert!(goal["ratio"].as_f64().unwrap() > 0.0 && goal["other"].as_f64().unwrap() > 0.0, "{goal}");
    assert!(out.contains("bytes-per-second at least 0.6 times limit") && !out.contains("no regression"), "{out}");
}

#[test]
fn the_limit_takes_what_it_can_and_says_what_it_cannot() {
    let dir = tempfile::tempdir().unwrap();
    let text = "title: All that it can do\ncount: 90\nworkers: 4\nrepositories: 3\noperations:
- push-blob: { size: { uniform: [1B, 2MiB] }, by: post-put }
- push-blob: { size: 1KiB, by: post }
- push-blob: { size: 200KiB }";
    let text = format!("{text}{PLAIN_OPERATIONS}");
    std::fs::write(dir.path().join("all.yaml"), text).unwrap();
    let (code, out, err) = shakedown(&["bench", "all.yaml", "--system", "limit"], dir.path());
    assert_eq!(code, Some(0), "{out}{err}");
    let counts = counts(&report(&dir.path().join("shakedown-report/bench.json")));
    assert_eq!((counts.len(), counts.iter().map(|(_, count, ..)| count).sum::<u64>()), (8, 90), "{counts:?}");
    for (load, word) in [("tags", "list-tags"), ("storm", "no storage behind it")] {
        let (code, _, err) = shakedown(&["bench", load, "--against", "limit"], dir.path());
        assert_eq!((code, err.contains(word)), (Some(2), true), "{err}");
    }
}

#[test]
fn docker_registry_takes_turns_with_the_reference() {
    if !support::have("docker-registry") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let args = ["bench", "small-pushes", "--count", "20", "--workers", "2", "--rounds", "2", "--threshold", "1000"];
    let (code, out, err) = shakedown(&[&args[..], &["--against", "distribution-2.8"]].concat(), dir.path());
    assert_eq!(code, Some(0), "{out}{err}");
    let report = report(&dir.path().join("shakedown-report/bench.json"));
    let requests = |system: usize| report["loads"][0]["systems"][system]["storage"]["requests"].as_u64().unwrap();
    assert!(requests(0) * 2 < requests(1), "the reference asks less of the storage: {} {}", requests(0), requests(1));
}

#[test]
fn four_shards_are_one_run_count_for_count() {
    let dir = tempfile::tempdir().unwrap();
    let text = "title: A mix\ncount: 103\nworkers: 3\noperations:
- push-blob: { size: { uniform: [1B, 64KiB] }, weight: 2 }
- pull-blob: { size: { uniform: [1KiB, 64KiB] }, of: 8 }
goals: [{ metric: storage-requests, at-most: 100 }, { metric: storage-requests, at-most: 0.5 }]\n";
    std::fs::write(dir.path().join("mix.yaml"), text).unwrap();
    let bench = |more: &[&str]| {
        let (code, out, err) = shakedown(&[&["bench", "mix.yaml", "--in-process"], more].concat(), dir.path());
        assert_eq!(code, Some(0), "{out}{err}");
    };
    bench(&["--out", "whole"]);
    let parts: Vec<String> = (1..=4).map(|part| format!("part{part}")).collect();
    for (part, out) in (1..=4).zip(&parts) {
        bench(&["--shard", &format!("{part}/4"), "--out", out]);
    }
    let files: Vec<String> = parts.iter().map(|part| format!("{part}/bench.json")).collect();
    let merge = |files: &[String]| {
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        shakedown(&[&["merge", "--out", "merged.json"], &files[..]].concat(), dir.path())
    };
    let (code, out, err) = merge(&files);
    assert_eq!(code, Some(0), "{out}{err}");
    let whole = counts(&report(&dir.path().join("whole/bench.json")));
    let merged = report(&dir.path().join("merged.json"));
    assert_eq!(counts(&merged), whole);
    let requests = merged["loads"][0]["systems"][0]["storage"]["requests"].as_f64().unwrap();
    let goal = &merged["loads"][0]["goals"][0];
    assert_eq!((goal["measured"].as_f64(), goal["verdict"].as_str()), (Some(requests / 103.0), Some("met")), "{goal}");
    std::fs::create_dir(dir.path().join("parts")).unwrap();
    for (number, file) in files.iter().enumerate() {
        std::fs::copy(dir.path().join(file), dir.path().join(format!("parts/{number}.json"))).unwrap();
    }
    let (code, out, err) = merge(&["parts".to_owned()]);
    assert_eq!(code, Some(0), "a folder stands for its reports: {out}{err}");
    assert_eq!(counts(&report(&dir.path().join("merged.json"))), whole);
    let (code, out, err) = merge(&["parts".to_owned(), "--goals".to_owned()]);
    assert_eq!((code, out.contains("MISSED by reference")), (Some(5), true), "{out}{err}");
    let (code, _, err) = merge(&files[..3]);
    assert_eq!((code, err.contains("3 of 4 parts")), (Some(2), true), "{err}");
}

#[test]
fn a_load_that_is_stable_ends_before_its_time() {
    let dir = tempfile::tempdir().unwrap();
    let args = ["bench", "small-heads", "--count", "2000", "--rounds", "100", "--workers", "2", "--until-stable"];
    let rounds = |percent: &str| {
        let (code, out, err) = shakedown(&[&args[..], &[percent]].concat(), dir.path());
        assert_eq!(code, Some(0), "{out}{err}");
        let report = report(&dir.path().join("shakedown-report/bench.json"));
        let load = &report["loads"][0];
        let stable = load["stable_after"].as_u64();
        assert_eq!(out.contains("; stable after "), stable.is_some(), "{out}");
        (load["systems"][0]["rounds"].as_array().unwrap().len() as u64, stable)
    };
    // Within as much as it is, every rate is known after the fewest rounds that say anything; within a hundredth of a percent none is.
    let (count, stable) = rounds("100");
    assert!((8..100).contains(&count) && stable == Some(count), "{count} {stable:?}");
    assert_eq!(rounds("0.01"), (100, None));
}

#[test]
fn an_interrupted_load_gives_a_valid_report() {
    let dir = tempfile::tempdir().unwrap();
    let mut command = clean(support::SHAKEDOWN, dir.path());
    command.current_dir(dir.path()).args(["-v", "bench", "small-pushes", "--for", "200s", "--rounds", "1000"]);
    let running = Running::start(command);
    running.line_with("round 2 of 1000 on reference");
    assert_eq!(running.interrupt().code(), Some(130));
    let report = report(&dir.path().join("shakedown-report/bench.json"));
    assert_eq!(report["run"]["interrupted"], true);
    assert!(counts(&report)[0].1 > 0, "{report}");
}

#[test]
fn what_makes_no_sense_is_refused_before_anything_runs() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("bad.yaml"), "title: x\nworkers: 0\noperations: []\n").unwrap();
    std::fs::write(dir.path().join("odd.yaml"), "title: x\ncount: 1\noperations:\n- push-blop: {}\n").unwrap();
    with_goals(dir.path(), "- { metric: storage-request, at-most: 1 }\n");
    for (args, word) in [
        (&["bench", "no-such-load"][..], "small-pushes"),
        (&["bench", "bad.yaml"], "`workers: 0`"),
        (&["bench", "odd.yaml"], "odd.yaml:4"),
        (&["bench", "goals.yaml"], "only storage-requests"),
        (&["bench", "--system", "https://registry.test"], "--remote"),
        (&["bench", "grown-tags", "--system", "http://127.0.0.1:1"], "choose another load"),
        (&["bench", "--shard", "5/4"], "I/N"),
        (&["bench", "--shard", "index/4"], "JOB_COMPLETION_INDEX"),
        (&["bench", "--start-at", "20:15"], "with its zone"),
        (&["bench", "--start-at", "2020-01-01T00:00:00Z"], "s ago"),
        (&["bench", "--start-at", "9999-01-01T00:00:00Z"], "an hour is the most"),
        (&["bench", "--until-stable", "0"], "percent"),
        (&["bench", "--until-stable", "1", "--shard", "1/2"], "--shard"),
        (&["compare", "bad.yaml"], "shakedown.bench/v1"),
        (&["merge", "no-such-file.json"], "cannot read"),
    ] {
        let (code, out, err) = shakedown(args, dir.path());
        assert_eq!(code, Some(2), "{args:?}: {out}{err}");
        assert!(err.contains(word), "{args:?}: {err}");
    }
}

/// How fast is a matter of the machine; how often and what is said are not.
#[test]
fn the_self_test_lets_the_generator_and_a_bare_loop_do_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let (code, out, err) = shakedown(&["bench", "--self-test", "--count", "12", "--rounds", "3"], dir.path());
    let below = out.contains("BELOW: the load generator is what limits");
    assert_eq!(code, Some(if below { 5 } else { 0 }), "{out}{err}");
    assert!(below || out.contains("passed: the load generator reaches"), "{out}");
    for (kind, unit) in [("large pushes", " MB/s"), ("large pulls", " MB/s"), ("small requests", "/s")] {
        let row = out.lines().find(|line| line.starts_with(kind)).unwrap_or_else(|| panic!("no {kind}: {out}"));
        assert_eq!(row.matches(&format!("{unit} (12)")).count(), 2, "both did 12: {row}");
        let ratio: f64 = row.split_whitespace().last().unwrap().parse().unwrap();
        assert!(ratio > 0.0, "{row}");
    }
    for (kind, goal) in [("large GET", "4000 MB/s"), ("large PUT", "3000 MB/s"), ("small GET", "70000/s")] {
        let row = out.lines().find(|line| line.starts_with(kind)).unwrap_or_else(|| panic!("no {kind}: {out}"));
        assert_eq!((row.matches("(12)").count(), row.ends_with(goal)), (2, true), "the mock and nothing did 12: {row}");
    }
    assert!(out.contains("without optimisation") == cfg!(debug_assertions), "{out}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "it writes nothing");
    let (code, _, err) = shakedown(&["bench", "mixed", "--self-test"], dir.path());
    assert_eq!((code, err.contains("--self-test")), (Some(2), true), "{err}");
}
