//! `shakedown init`: what it prints can be run as it stands, what it writes is right, what is there stays.

mod support;

use std::fs;
use std::path::Path;
use std::process::Output;

use support::{SHAKEDOWN, clean, run};

/// Runs a shell line in `dir` where `shakedown` is the program under test.
fn shell(line: &str, dir: &Path, in_path: bool) -> Output {
    let program = Path::new(SHAKEDOWN).parent().expect("it is in a folder").display().to_string();
    let path = std::env::var("PATH").expect("there is a PATH");
    let mut command = clean("sh", dir);
    command.current_dir(dir);
    if in_path {
        command.env("PATH", format!("{program}:{path}")).args(["-euc", line]);
    } else {
        // As whoever calls it by its path, or by cargo: nothing of that name is in PATH.
        command.args(["-euc", &format!("shakedown() {{ '{SHAKEDOWN}' \"$@\"; }}\n{line}")]);
    }
    command.output().expect("a shell starts")
}

fn passed(output: &Output, what: &str) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{what}: {text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

/// The commands after `Next:`, as they stand.
fn next(printed: &str) -> String {
    printed.split_once("Next:\n").unwrap_or_else(|| panic!("no next commands in {printed}")).1.to_owned()
}

#[test]
fn the_printed_commands_run_as_they_stand() {
    for (in_path, arguments) in [(true, "init"), (false, "init 'a folder/of mine'")] {
        let home = tempfile::tempdir().unwrap();
        let printed = passed(&shell(&format!("shakedown {arguments}"), home.path(), in_path), arguments);
        let commands = next(&printed);
        assert_eq!(commands.lines().filter(|line| line.trim().starts_with("shakedown ")).count(), 3, "{commands}");
        let text = passed(&shell(&commands, home.path(), in_path), &commands);
        assert!(text.contains("2 files, 1 scenarios, 1 systems, 0 loads, 0 mistakes"), "{text}");
        assert_eq!(text.matches("1 passed").count(), 2, "on the reference, and on the program of mine.yaml: {text}");
    }
}

/// A registry that gives up at the first stumble of its storage fails the scenario that is written.
#[test]
fn the_scenario_catches_what_it_says() {
    let home = tempfile::tempdir().unwrap();
    passed(&shell("shakedown init", home.path(), true), "init");
    let failing = shell("shakedown run scenarios --defect no-retry", home.path(), true);
    assert_eq!(failing.status.code(), Some(1), "{}", String::from_utf8_lossy(&failing.stdout));
}

#[test]
fn the_commands_of_the_ci_files_run() {
    let home = tempfile::tempdir().unwrap();
    passed(&shell("shakedown init --ci github,gitlab", home.path(), true), "init");
    for file in [".github/workflows/shakedown.yml", ".gitlab/shakedown.yml"] {
        let text = fs::read_to_string(home.path().join(file)).expect("it is written");
        let is_command = |line: &&str| line.starts_with("shakedown ");
        let lines = text.lines().map(|line| line.trim().trim_start_matches("- ").trim_start_matches("run: "));
        let commands: Vec<_> = lines.filter(is_command).collect();
        assert_eq!(commands.len(), 3, "{text}");
        passed(&shell(&commands.join("\n"), home.path(), true), file);
        let _: serde_json::Value = serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
    }
    let names = ["annotations", "summary.md", "report.html", "junit.xml"];
    assert!(names.iter().all(|name| home.path().join("shakedown-report").join(name).is_file()));
}

#[test]
fn what_is_there_is_left_and_said() {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir_all(home.path().join("scenarios")).unwrap();
    fs::write(home.path().join("scenarios/first.yaml"), "mine").unwrap();
    fs::write(home.path().join(".gitlab-ci.yml"), "stages: [test]\n").unwrap();
    let read = |name: &str| fs::read_to_string(home.path().join(name)).expect("it is there");
    let mut command = clean(SHAKEDOWN, home.path());
    let output = run(command.current_dir(home.path()).args(["init", "--ci", "gitlab"]));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    insta::assert_snapshot!(said);
    assert_eq!(read("scenarios/first.yaml"), "mine");
    assert_eq!(read(".gitlab-ci.yml"), "stages: [test]\n");
    assert!(read("scenarios/systems/mine.yaml").contains("command:"), "it goes on with the others");
    let mut command = clean(SHAKEDOWN, home.path());
    run(command.current_dir(home.path()).args(["init", "--force"]));
    assert!(read("scenarios/first.yaml").starts_with("# A scenario"));
}

#[test]
fn mistakes_in_system_files_are_checked_with_their_place() {
    let home = tempfile::tempdir().unwrap();
    passed(&shell("shakedown init", home.path(), true), "init");
    let file = home.path().join("scenarios/systems/mine.yaml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("abilities:", "abilites:")).unwrap();
    let line = text.lines().position(|line| line.starts_with("abilities:")).expect("it is there") + 1;
    for path in ["scenarios", "scenarios/systems", "scenarios/systems/mine.yaml"] {
        let output = shell(&format!("shakedown check {path}"), home.path(), true);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(2), "{path}: {said}");
        assert!(said.contains(&format!("mine.yaml:{line}:1")) && said.contains("abilites"), "{path}: {said}");
    }
    // In any other folder, too: what is in it tells what it is.
    fs::create_dir(home.path().join("registries")).unwrap();
    fs::rename(&file, home.path().join("registries/mine.yaml")).unwrap();
    for path in ["registries", "registries/mine.yaml"] {
        let output = shell(&format!("shakedown check {path}"), home.path(), true);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            said.contains(&format!("mine.yaml:{line}:1")) && said.contains("1 systems, 0 loads, 1 mistakes"),
            "{path}: {said}"
        );
    }
}
