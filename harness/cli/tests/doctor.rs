//! `shakedown doctor` on the machine of this test, and on what a test can take away from it. What was made up is beside the code.

mod support;

use std::process::Command;

use support::{SHAKEDOWN, clean};

fn doctor(home: &std::path::Path) -> Command {
    let mut command = clean(SHAKEDOWN, home);
    command.current_dir(home).args(["doctor", "--json"]);
    command
}

/// The exit code, and what was found by its name.
fn found(command: &mut Command) -> (Option<i32>, serde_json::Value) {
    let output = command.output().expect("it starts");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let json = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    (output.status.code(), json)
}

fn standing<'a>(diagnosis: &'a serde_json::Value, what: &str) -> &'a str {
    let findings = diagnosis["findings"].as_array().expect("findings");
    let finding = findings.iter().find(|finding| finding["what"] == what);
    finding.unwrap_or_else(|| panic!("nothing of {what}: {findings:#?}"))["standing"].as_str().expect("a standing")
}

#[test]
fn this_machine_is_ready_and_names_nobody() {
    let home = tempfile::tempdir().unwrap();
    let (code, diagnosis) = found(doctor(home.path()).env("DOCKER_HOST", "tcp://user:secret@host-of-mine.invalid:1"));
    assert_eq!(code, Some(0), "{diagnosis:#}");
    assert_eq!(diagnosis["ready"], true);
    for what in ["clock", "temporary files", "open files", "loopback ports", "scenarios"] {
        assert_ne!(standing(&diagnosis, what), "missing", "{what}");
    }
    assert_eq!(standing(&diagnosis, "container engine"), "optional", "nothing answers at that host");
    let text = diagnosis.to_string();
    assert!(!text.contains("host-of-mine") && !text.contains("secret@"), "{text}");
}

#[test]
fn what_is_taken_away_is_missing() {
    let home = tempfile::tempdir().unwrap();
    let nowhere = home.path().join("nowhere");
    let (code, diagnosis) = found(doctor(home.path()).env("PATH", &nowhere).env("TMPDIR", &nowhere));
    assert_eq!((code, diagnosis["ready"].as_bool()), (Some(3), Some(false)), "{diagnosis:#}");
    assert_eq!(standing(&diagnosis, "temporary files"), "missing");
    for program in ["docker-registry", "skopeo", "redis-server", "redis-cli"] {
        assert_eq!(standing(&diagnosis, &format!("program {program}")), "optional");
    }
    let mut limited = clean("sh", home.path());
    limited.current_dir(home.path()).args(["-c", "ulimit -n 100 && exec \"$0\" doctor --json", SHAKEDOWN]);
    let (code, diagnosis) = found(&mut limited);
    assert_eq!(code, Some(3), "{diagnosis:#}");
    assert_eq!(standing(&diagnosis, "open files"), "missing");
}
