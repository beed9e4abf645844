//! Nothing secret reaches an output: keys, tokens and signatures are planted, then every byte that a run writes is searched.

mod support;

use std::fs;
use std::path::Path;

use support::{Running, clean, have, word_after};

const SECRET: &str = "s3cr3t-planted-in-this-test";

/// All files below a folder, as text.
fn everything_in(dir: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(dir).expect("readable").map(|entry| entry.expect("readable").path()) {
        if entry.is_dir() {
            text.push_str(&everything_in(&entry));
        } else {
            text.push_str(&String::from_utf8_lossy(&fs::read(&entry).expect("readable")));
        }
    }
    text
}

/// Fails if `text` holds the planted secret or something that looks like a live signature.
fn assert_clean(text: &str, place: &str) {
    assert!(!text.contains(SECRET), "{place} holds the planted secret");
    for mark in ["X-Amz-Signature=", "Signature="] {
        for (index, _) in text.match_indices(mark) {
            let value: String = text[index + mark.len()..].chars().take_while(char::is_ascii_hexdigit).collect();
            assert!(value.len() < 32, "{place} holds a signature: {mark}{value}");
        }
    }
}

#[test]
fn reports_and_output_of_a_run_hold_no_secret() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("mine.yaml");
    // The secret goes where secrets go: a header, a query, a body, a URI; and the redirect brings presigned URLs into the trace.
    fs::write(
        &file,
        "title: Secrets stay where they are
needs: [redirect]
given:
  images: { app: { layers: [{ size: 64KiB }] } }
  registry: { redirect: true }
  pushed: [app]
steps:
- http:
    method: GET
    path: /v2/?token=${key}
    headers: { authorization: \"Bearer ${key}\", cookie: \"session=${key}\", x-api-key: \"${key}\" }
- http:
    method: POST
    path: /v2/lab/app/blobs/uploads/
    body: { text: '{\"password\": \"${key}\"}' }
- pull: { ref: \"${repo}:app\", same-as: app }
- http: { method: GET, path: /v2/nothing, expect: { status: 200 } }
",
    )
    .unwrap();
    for over in ["memory", "tcp"] {
        let out = dir.path().join(over);
        let mut command = clean(support::SHAKEDOWN, dir.path());
        command
            .args(["run", "-vv", "--trace", "all", "--over", over, "--secret", &format!("key={SECRET}"), "--out"])
            .arg(&out)
            .arg(&file);
        for format in shakedown_reports::FORMATS.iter().map(|format| format.name) {
            command.args(["--report", &format!("{format}={}", out.join(format).display())]);
        }
        let output = command.output().unwrap();
        let printed = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(1), "the last step fails, so that everything is shown\n{printed}");
        assert_clean(&printed, "the output");
        let reports = everything_in(&out);
        assert!(reports.contains("X-Amz-Algorithm"), "presigned URLs are in the trace, or this test looks at nothing");
        assert_clean(&reports, "the reports");
    }
}

#[test]
fn servers_log_no_secret() {
    if !have("aws") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let mut command = clean(support::SHAKEDOWN, home.path());
    command
        .args(["serve", "s3", "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "-vv"])
        .env("SHAKEDOWN_SECRET_KEY", SECRET);
    let s3 = Running::start(command);
    let ready = s3.line_with("ready:");
    let mut aws = clean("aws", home.path());
    aws.env("AWS_ACCESS_KEY_ID", "shakedown")
        .env("AWS_SECRET_ACCESS_KEY", SECRET)
        .env("AWS_DEFAULT_REGION", "us-east-1");
    support::run(aws.args(["--endpoint-url", word_after(&ready, "S3 on "), "s3", "ls", "s3://lab"]));
    s3.line_with("s3 GET");
    let journal = support::run(
        clean("curl", home.path()).args(["-s", &format!("{}/journal", word_after(&ready, "control on "))]),
    );
    let journal = String::from_utf8_lossy(&journal.stdout).into_owned();
    assert!(journal.contains("ListObjectsV2"), "the journal is there, or this test looks at nothing: {journal}");
    assert_clean(&journal, "the journal");
    assert_clean(&s3.lines().join("\n"), "the log");
}

#[test]
fn help_does_not_show_values_of_secret_variables() {
    let home = tempfile::tempdir().unwrap();
    let mut command = clean(support::SHAKEDOWN, home.path());
    let output = command.args(["serve", "s3", "--help"]).env("SHAKEDOWN_SECRET_KEY", SECRET).output().unwrap();
    assert_clean(&String::from_utf8_lossy(&output.stdout), "the help");
}
