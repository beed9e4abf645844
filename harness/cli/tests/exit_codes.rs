//! Each exit code of the table, and the one clear message that goes with it.

mod support;

use std::path::Path;
use std::process::Output;

use support::clean;

struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

fn shakedown(args: &[&str], dir: &Path) -> Ran {
    let Output { status, stdout, stderr } =
        clean(support::SHAKEDOWN, dir).current_dir(dir).args(args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
    Ran { code: status.code(), out: text(stdout), err: text(stderr) }
}

fn file(dir: &Path, text: &str) -> String {
    let path = dir.join("mine.yaml");
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

const HEAD: &str = "title: A push works\ngiven:\n  images: { app: { layers: [{ size: 4KiB }] } }\n";

#[test]
fn passed_is_0_and_a_failed_expectation_is_1() {
    let dir = tempfile::tempdir().unwrap();
    let push = format!("{HEAD}steps:\n  - push: {{ image: app, as: \"${{repo}}:1\" }}\n");
    let passed = shakedown(&["run", &file(dir.path(), &push)], dir.path());
    assert_eq!(passed.code, Some(0), "{}{}", passed.out, passed.err);
    assert!(dir.path().join("shakedown-report/report.json").is_file());
    assert!(passed.err.contains("report  shakedown-report/report.json"), "{}", passed.err);

    let wrong = format!("{push}after:\n  - storage-requests: {{ operation: PutObject, at-most: 0 }}\n");
    let failed = shakedown(&["run", &file(dir.path(), &wrong)], dir.path());
    assert_eq!(failed.code, Some(1), "{}{}", failed.out, failed.err);
    assert!(failed.out.contains("FAILED") && failed.out.contains("shakedown run"), "{}", failed.out);
}

#[test]
fn a_listed_failure_is_0_and_a_listed_one_that_is_gone_is_1() {
    let dir = tempfile::tempdir().unwrap();
    let push = format!("{HEAD}steps:\n  - push: {{ image: app, as: \"${{repo}}:1\" }}\n");
    let wrong = format!("{push}after:\n  - storage-requests: {{ operation: PutObject, at-most: 0 }}\n");
    let list = dir.path().join("known.yaml");
    let listed = list.to_str().unwrap();
    let scenario = file(dir.path(), &wrong);
    let ran = shakedown(&["run", &scenario, "--write-deviations", listed], dir.path());
    assert_eq!(ran.code, Some(1), "{}{}", ran.out, ran.err);
    let ran = shakedown(&["run", &scenario, "--write-deviations", listed], dir.path());
    assert_eq!((ran.code, ran.err.contains("is there already")), (Some(2), true), "{}", ran.err);
    let ran = shakedown(&["run", &scenario, "--deviations", listed], dir.path());
    assert_eq!((ran.code, ran.err.contains("still to be filled in")), (Some(2), true), "{}", ran.err);
    let reasons = std::fs::read_to_string(&list).unwrap().replace("FILL IN", "as the test wants it");
    std::fs::write(&list, reasons).unwrap();
    let known = shakedown(&["run", &scenario, "--deviations", listed], dir.path());
    assert_eq!(known.code, Some(0), "{}{}", known.out, known.err);
    assert!(known.out.contains("1 known") && known.out.contains("as the test wants it"), "{}", known.out);
    let gone = shakedown(&["run", "-q", &file(dir.path(), &push), "--deviations", listed], dir.path());
    assert_eq!(gone.code, Some(1), "{}{}", gone.out, gone.err);
    assert!(gone.out.contains("it passes: delete from the list\n      - mine\n"), "{}", gone.out);
}

#[test]
fn mistakes_in_files_are_2_with_one_clear_message_each() {
    let dir = tempfile::tempdir().unwrap();
    let step = "steps:\n  - push: { image: app, as: \"${repo}:1\" }\n";
    for (text, words) in [
        (format!("{HEAD}stepz: []\n{step}"), "steps"),
        (format!("{HEAD}steps:\n  - push: {{ image: [app], as: \"${{repo}}:1\" }}\n"), "image"),
        (format!("{HEAD}faults:\n  - on: s3\n    effect: {{ delai: 2s }}\n{step}"), "delay"),
        (format!("include: [nowhere.yaml]\n{HEAD}{step}"), "nowhere.yaml"),
    ] {
        let ran = shakedown(&["run", &file(dir.path(), &text)], dir.path());
        assert_eq!(ran.code, Some(2), "{text}\n{}{}", ran.out, ran.err);
        assert!(ran.out.contains(words) && ran.out.contains("mine.yaml"), "{}", ran.out);
        assert!(ran.err.contains("1 mistake in"), "{}\n{}", ran.out, ran.err);
        assert_eq!(shakedown(&["check", &file(dir.path(), &text)], dir.path()).code, Some(2));
    }
}

#[test]
fn wrong_usage_is_2() {
    let dir = tempfile::tempdir().unwrap();
    for (args, words) in [
        (&["run", "--no-such-flag"][..], "--no-such-flag"),
        (&["run", "-E", "tag("], "expected `)`"),
        (&["run", "--system", "nobody"], "shakedown list --systems"),
        (&["run", "--defect", "nonsense"], "nonsense"),
        (&["run", "--report", "pdf=x.pdf"], "no format `pdf`"),
        (&["run", "no-such-file.yaml"], "no such file"),
        (&["run", "--shard", "5/4"], "I/N"),
        (&["report", "no-such-report.json"], "no-such-report.json"),
    ] {
        let ran = shakedown(args, dir.path());
        assert_eq!(ran.code, Some(2), "{args:?}\n{}{}", ran.out, ran.err);
        assert!(ran.err.contains(words), "{args:?}\n{}", ran.err);
    }
}

#[test]
fn a_dead_target_is_3_and_one_line() {
    let dir = tempfile::tempdir().unwrap();
    // A port that was free a moment ago; nobody listens there.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let ran = shakedown(&["run", "-q", "--system", &format!("http://127.0.0.1:{port}")], dir.path());
    assert_eq!(ran.code, Some(3), "{}{}", ran.out, ran.err);
    let errors: Vec<_> = ran.err.lines().filter(|line| line.starts_with("error:")).collect();
    assert_eq!(errors.len(), 1, "{}", ran.err);
    assert!(errors[0].contains(&port.to_string()), "{}", ran.err);
}

#[test]
fn a_taken_port_is_3() {
    let dir = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ran = shakedown(&["serve", "s3", "--listen", &address], dir.path());
    assert_eq!(ran.code, Some(3), "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("--listen"), "{}", ran.err);
}

#[test]
fn an_empty_selection_is_4() {
    let dir = tempfile::tempdir().unwrap();
    for args in [&["run", "--tag", "no-such-tag"][..], &["list", "-E", "id(nothing)"], &["explain", "Z99"]] {
        let ran = shakedown(args, dir.path());
        assert_eq!(ran.code, Some(4), "{args:?}\n{}{}", ran.out, ran.err);
    }
}

#[test]
fn help_and_version_are_0_and_the_table_is_in_the_help() {
    let dir = tempfile::tempdir().unwrap();
    let help = shakedown(&["--help"], dir.path());
    assert_eq!(help.code, Some(0));
    assert!(help.out.contains("130  interrupted"), "{}", help.out);
    assert_eq!(shakedown(&["--version"], dir.path()).code, Some(0));
    assert_eq!(shakedown(&[], dir.path()).code, Some(2), "no command is a usage error");
}

#[test]
fn an_interrupted_run_is_130_and_still_reports() {
    let dir = tempfile::tempdir().unwrap();
    let text = format!("{HEAD}steps:\n  - advance: {{ by: 60s }}\n");
    let path = file(dir.path(), &text);
    let mut command = clean(support::SHAKEDOWN, dir.path());
    command.current_dir(dir.path()).args(["run", "-v", "--over", "tcp", &path]);
    let running = support::Running::start(command);
    running.line_with("running");
    let status = running.terminate();
    assert_eq!(status.code(), Some(130));
    let report = std::fs::read_to_string(dir.path().join("shakedown-report/report.json")).expect("a report is written");
    assert!(report.contains("\"interrupted\": true"), "{report}");
}
