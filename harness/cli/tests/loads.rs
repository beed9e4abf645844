//! Load files as those who write one meet them: their schema, `check`, and what other commands say of them. Not here: what a load measures (`bench`).

mod support;

use std::fs;
use std::path::Path;

use shakedown_cli::library::built_in_loads;
use shakedown_load::LoadFile;
use support::{clean, published};

#[test]
fn the_schema_of_loads_is_published_and_the_shipped_ones_hold_to_it() {
    let refused = serde_json::json!({ "title": "t", "count": 1, "worker": 2, "operations": [] });
    published("load", &LoadFile::schema(), built_in_loads(), &refused);
}

fn shakedown(words: &[&str], dir: &Path) -> (Option<i32>, String) {
    let output = clean(support::SHAKEDOWN, dir).current_dir(dir).args(words).output().expect("it starts");
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).expect("output is UTF-8"))
}

/// A misspelt key and, in another file, two things that make no sense together.
fn wrong_ones(dir: &Path) {
    fs::create_dir_all(dir.join("scenarios/load")).unwrap();
    let misspelt = "title: mine\nworker: 2\nfor: 1s\noperations: [{ push-blob: { size: 1KiB } }]\n";
    fs::write(dir.join("scenarios/load/misspelt.yaml"), misspelt).unwrap();
    let senseless = "title: mine\nworkers: 0\nfor: 1s\noperations: [{ list-tags: { page: 10 } }]\n";
    fs::write(dir.join("scenarios/load/senseless.yaml"), senseless).unwrap();
    let scenario =
        "title: the registry answers\nsteps:\n- http: { method: GET, path: /v2/, expect: { status: 200 } }\n";
    fs::write(dir.join("scenarios/answers.yaml"), scenario).unwrap();
}

#[test]
fn mistakes_of_loads_are_told_with_their_place_or_all_at_once() {
    let dir = tempfile::tempdir().unwrap();
    wrong_ones(dir.path());
    let (code, said) = shakedown(&["check"], dir.path());
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("misspelt.yaml:2:1") && said.contains("`worker`"), "{said}");
    assert!(said.contains("`workers: 0` must be") && said.contains("`list-tags` needs"), "{said}");
    assert!(said.ends_with("3 files, 1 scenarios, 0 systems, 2 loads, 3 mistakes\n"), "{said}");
    // Wherever it lies and however it ends: what is in it tells what it is.
    fs::rename(dir.path().join("scenarios/load/misspelt.yaml"), dir.path().join("mine.yml")).unwrap();
    let (code, said) = shakedown(&["check", "mine.yml"], dir.path());
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("mine.yml:2:1"), "{said}");
    assert!(said.ends_with("1 files, 0 scenarios, 0 systems, 1 loads, 1 mistakes\n"), "{said}");
    // A scenario in a folder that is called so is a scenario.
    fs::rename(dir.path().join("scenarios/answers.yaml"), dir.path().join("scenarios/load/answers.yaml")).unwrap();
    let (code, said) = shakedown(&["check", "scenarios/load/answers.yaml"], dir.path());
    assert_eq!((code, said.as_str()), (Some(0), "1 files, 1 scenarios, 0 systems, 0 loads, 0 mistakes\n"));
    // And whatever else lies there is a load that lacks something, told once.
    fs::write(dir.path().join("scenarios/load/bare.yaml"), "title: mine\n").unwrap();
    let (_, said) = shakedown(&["check", "scenarios/load"], dir.path());
    assert!(said.contains("missing field `operations`"), "{said}");
    assert!(said.ends_with("3 files, 1 scenarios, 0 systems, 2 loads, 3 mistakes\n"), "{said}");
}

/// Somebody's checkout may lie in a folder called `load`: that says nothing of what is in it.
#[test]
fn folders_above_the_given_one_say_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let project = dir.path().join("load/project");
    wrong_ones(&project);
    let stepless = "title: the registry answers\nstep: []\n";
    fs::write(project.join("scenarios/stepless.yaml"), stepless).unwrap();
    let scenarios = project.join("scenarios");
    let (code, said) = shakedown(&["check", scenarios.to_str().unwrap()], dir.path());
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("unknown key `step`"), "{said}");
    assert!(said.contains("4 files, 1 scenarios, 0 systems, 2 loads, "), "{said}");
}

#[test]
fn the_shipped_loads_are_checked_where_no_file_is() {
    let dir = tempfile::tempdir().unwrap();
    let (code, said) = shakedown(&["check", "scenarios/load/small-pushes.yaml"], dir.path());
    assert_eq!((code, said.as_str()), (Some(0), "1 files, 0 scenarios, 0 systems, 1 loads, 0 mistakes\n"));
    let (code, said) = shakedown(&["check"], dir.path());
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains(&format!(" {} loads, 0 mistakes", built_in_loads().count())), "{said}");
}

#[test]
fn what_is_no_scenario_is_told_with_the_command_for_it() {
    let dir = tempfile::tempdir().unwrap();
    for (file, command) in [
        ("scenarios/load/small-pushes.yaml", "shakedown bench scenarios/load/small-pushes.yaml"),
        ("scenarios/systems/distribution-2.8.yaml", "--system scenarios/systems/distribution-2.8.yaml"),
    ] {
        let (code, said) = shakedown(&["run", file], dir.path());
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(command), "{said}");
    }
    let words = ["bench", "scenarios/load/small-pushes.yaml", "--count", "5", "--workers", "1", "--rounds", "1"];
    let (code, said) = shakedown(&words, dir.path());
    assert_eq!(code, Some(0), "{said}");
}
