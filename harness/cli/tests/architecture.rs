//! The structure of the workspace as tests: arrows between crates, and the rules every file keeps.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Each crate and the only ones of ours it may depend on. One line per crate; the picture in CONTRIBUTING.md shows the same.
const ARROWS: &[(&str, &[&str])] = &[
    ("oci", &[]),
    ("faults", &[]),
    ("reports", &[]),
    ("wire", &[]),
    ("scenario", &["oci", "faults"]),
    ("library", &["scenario"]),
    ("client", &["oci", "wire"]),
    ("s3call", &[]),
    ("containers", &[]),
    ("registry", &["oci", "wire", "s3call", "client"]),
    ("probe", &["wire", "s3call"]),
    ("audit", &["oci", "client"]),
    ("inject", &["faults", "wire"]),
    ("s3", &["faults", "inject", "wire"]),
    ("peers", &["oci", "faults", "inject", "wire"]),
    ("load", &["oci", "wire", "client", "scenario", "faults", "reports"]),
    (
        "engine",
        &[
            "oci",
            "faults",
            "wire",
            "scenario",
            "client",
            "audit",
            "registry",
            "s3call",
            "inject",
            "s3",
            "peers",
            "reports",
            "containers",
        ],
    ),
    (
        "cli",
        &[
            "engine", "load", "scenario", "library", "reports", "oci", "faults", "wire", "s3", "peers", "registry",
            "client", "audit", "probe", "s3call",
        ],
    ),
    ("facade", &["engine", "library", "scenario", "faults", "s3", "wire", "reports"]),
];

/// Lines a file may have without its test module. A longer one needs an entry with its reason in `LONG_FILES`.
const MAX_LINES: usize = 500;

/// Files that are longer on purpose.
const LONG_FILES: &[(&str, &str)] = &[];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace root exists")
}

/// Our normal dependencies of each crate, as `cargo metadata` sees them.
fn arrows() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    // What others see is called `shakedown`, and nothing of ours is above it.
    let ours = |name: &str| match name {
        "shakedown" => Some("facade".to_owned()),
        name => name.strip_prefix("shakedown-").map(str::to_owned),
    };
    let mut arrows = BTreeMap::new();
    for package in metadata["packages"].as_array().expect("packages") {
        let name = ours(package["name"].as_str().expect("name")).expect("every crate is shakedown-*");
        let dependencies = package["dependencies"].as_array().expect("dependencies").iter();
        let normal = dependencies.filter(|dependency| dependency["kind"].is_null());
        arrows.insert(name, normal.filter_map(|dependency| ours(dependency["name"].as_str()?)).collect());
    }
    arrows
}

#[test]
fn crates_depend_only_along_the_arrows() {
    let found = arrows();
    let allowed: BTreeMap<&str, BTreeSet<&str>> =
        ARROWS.iter().map(|(name, targets)| (*name, targets.iter().copied().collect())).collect();
    assert_eq!(found.keys().map(String::as_str).collect::<Vec<_>>(), allowed.keys().copied().collect::<Vec<_>>());
    for (name, targets) in &found {
        for target in targets {
            assert!(
                allowed[name.as_str()].contains(target.as_str()),
                "{name} -> {target} is not an arrow of the design"
            );
        }
    }
}

/// Every Rust file of ours with its text.
fn sources() -> Vec<(String, String)> {
    fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).expect("readable").map(|entry| entry.expect("readable").path()) {
            if entry.is_dir() && !entry.ends_with("target") {
                walk(&entry, found);
            } else if entry.extension().is_some_and(|extension| extension == "rs") {
                found.push(entry);
            }
        }
    }
    let root = root();
    let mut paths = Vec::new();
    for part in ["harness", "mocks", "reports"] {
        walk(&root.join(part), &mut paths);
    }
    paths.sort();
    let relative = |path: &Path| path.strip_prefix(&root).expect("below the root").display().to_string();
    paths.iter().map(|path| (relative(path), fs::read_to_string(path).expect("UTF-8"))).collect()
}

#[test]
fn every_file_says_what_lives_in_it() {
    let silent: Vec<_> =
        sources().into_iter().filter(|(_, text)| !text.starts_with("//!")).map(|(path, _)| path).collect();
    assert!(silent.is_empty(), "these files do not begin with `//!`: {silent:#?}");
}

#[test]
fn files_hold_one_thing() {
    for (path, text) in sources().iter().filter(|(path, _)| !path.contains("/tests/")) {
        let lines = text.lines().take_while(|line| *line != "#[cfg(test)]").count();
        let excused = LONG_FILES.iter().any(|(file, _)| file == path);
        assert!(
            lines <= MAX_LINES || excused,
            "{path} has {lines} lines without its tests; split it, or excuse it with a reason"
        );
        assert!(!excused || lines > MAX_LINES, "{path} is no longer too long; delete its excuse");
    }
}

#[test]
fn the_core_has_no_io_and_no_clock() {
    let core = ["harness/oci/", "harness/scenario/src/", "mocks/faults/", "reports/src/"];
    let banned = ["std::fs", "std::net", "tokio::", "std::process", "std::env", "SystemTime::now", "Instant::now"];
    for (path, text) in sources().iter().filter(|(path, _)| core.iter().any(|part| path.starts_with(part))) {
        let code = text.split("#[cfg(test)]").next().expect("split yields once");
        for word in banned {
            assert!(!code.contains(word), "{path} uses {word}, but it belongs to the core");
        }
    }
}
