//! The documents say what is true: every command in them runs, generated parts are current, links lead somewhere.
//! `SHAKEDOWN_BLESS=1 cargo test --test docs` rewrites the generated parts of README.md.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use support::{Running, clean, run};

const DOCUMENTS: &[&str] = &["README.md", "CONTRIBUTING.md"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace root exists")
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).expect("the document is there")
}

/// How a command of the documents is run here.
enum How {
    /// To its end, in a fresh folder; it must exit 0.
    Runs,
    /// Until it says that it is ready; then it is ended.
    Serves,
    /// By another test, or by CI itself; the name says where.
    Elsewhere(&'static str),
}

/// Every command of the documents, as it stands there (without its comment).
const COMMANDS: &[(&str, How)] = &[
    ("cargo run --release -- run", How::Elsewhere(".ci/run")),
    ("cargo run --release -- demo", How::Elsewhere("the_demo_in_the_readme_is_current")),
    ("cargo test", How::Elsewhere(".ci/run")),
    ("cargo test --test scenarios async", How::Elsewhere("cargo test")),
    ("cargo run --release --", How::Elsewhere("the beginning of the others")),
    ("cargo install --path harness/cli", How::Elsewhere(".ci/run builds the same program")),
    ("cargo fmt --all --check", How::Elsewhere(".ci/run")),
    ("cargo clippy --workspace --all-targets -- -D warnings", How::Elsewhere(".ci/run")),
    ("bash .ci/run", How::Elsewhere(".ci/run")),
    ("shakedown run --system distribution-2.8", How::Elsewhere("tests/systems.rs")),
    ("shakedown serve s3 --listen 127.0.0.1:9000 --control 127.0.0.1:9001 &", How::Elsewhere("tests/systems.rs")),
    ("shakedown run --system http://127.0.0.1:5000 --s3 http://127.0.0.1:9001", How::Elsewhere("tests/systems.rs")),
    ("shakedown serve registry --listen 127.0.0.1:5000", How::Serves),
    ("shakedown serve s3 --fault gateway-html-errors", How::Serves),
    ("shakedown check", How::Runs),
    ("shakedown schema", How::Runs),
    ("shakedown list --faults", How::Runs),
    ("shakedown list --profiles", How::Runs),
    ("shakedown explain A01", How::Runs),
    ("shakedown selftest", How::Elsewhere(".ci/run")),
];

/// The command lines in `sh` blocks of all documents, and commands of ours in running text.
fn commands() -> Vec<String> {
    let mut found = Vec::new();
    for text in DOCUMENTS.iter().map(|name| read(name)) {
        let mut in_shell = false;
        for line in text.lines() {
            match line.trim() {
                "```sh" => in_shell = true,
                "```" => in_shell = false,
                command if in_shell && !command.is_empty() && !command.starts_with('#') => {
                    found.push(command.split(" # ").next().expect("split yields once").trim().to_owned());
                }
                text if !in_shell => {
                    let quoted = text.split('`').skip(1).step_by(2);
                    found.extend(
                        quoted
                            .filter(|code| code.starts_with("shakedown ") || code.starts_with("cargo "))
                            .map(str::to_owned),
                    );
                }
                _ => {}
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

#[test]
fn every_command_is_known_to_this_test() {
    for command in commands() {
        // `shakedown list --profiles` in a comment or `shakedown run` alone in prose are covered by their longer forms.
        let known = COMMANDS
            .iter()
            .any(|(known, _)| *known == command || known.replace("cargo run --release --", "shakedown") == command);
        assert!(known, "`{command}` stands in a document, but no test runs it: add it to COMMANDS");
    }
}

#[test]
fn commands_of_the_documents_run() {
    let dir = tempfile::tempdir().unwrap();
    for (command, how) in COMMANDS {
        let words: Vec<_> = command.split(' ').skip(1).collect();
        let mut child = clean(support::SHAKEDOWN, dir.path());
        child.current_dir(dir.path()).args(&words);
        match how {
            How::Runs => drop(run(&mut child)),
            How::Serves => {
                // The documents' fixed ports may be in use on this machine: the last --listen wins.
                child = clean(support::SHAKEDOWN, dir.path());
                let words = words.iter().map(|word| if word.starts_with("127.0.0.1:") { "127.0.0.1:0" } else { word });
                child.current_dir(dir.path()).args(words);
                child.env("SHAKEDOWN_LISTEN", "127.0.0.1:0");
                let running = Running::start(child);
                running.line_with("ready:");
                assert!(running.terminate().success(), "{command}");
            }
            How::Elsewhere(place) => assert!(!place.is_empty()),
        }
    }
}

/// Replaces what stands between `<!-- NAME -->` and `<!-- end -->` in README.md, or says that it is not current.
fn generated(name: &str, content: &str) {
    let path = root().join("README.md");
    let text = fs::read_to_string(&path).expect("readable");
    let mark = format!("<!-- {name} -->\n");
    let (head, rest) = text.split_once(&mark).unwrap_or_else(|| panic!("README.md has no {mark:?}"));
    let (old, tail) = rest.split_once("<!-- end -->").expect("a generated part ends with <!-- end -->");
    if old == content {
        return;
    }
    assert!(
        std::env::var_os("SHAKEDOWN_BLESS").is_some(),
        "{name} in README.md is not current: SHAKEDOWN_BLESS=1 cargo test --test docs -- --test-threads 1\n{content}"
    );
    fs::write(&path, format!("{head}{mark}{content}<!-- end -->{tail}")).expect("writable");
}

#[test]
fn the_demo_in_the_readme_is_current() {
    let dir = tempfile::tempdir().unwrap();
    let output = run(clean(support::SHAKEDOWN, dir.path())
        .current_dir(dir.path())
        .env("COLUMNS", "140")
        .args(["demo", "--color", "never"]));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(dir.path().join("shakedown-report/demo.json").is_file(), "the report that it names is there");
    generated("output of: shakedown demo", &format!("```text\n{}\n```\n", text.trim()));
}

#[test]
fn the_table_of_faults_in_the_readme_is_current() {
    let mut table = String::from("| effect | what it does |\n|---|---|\n");
    for (name, about) in shakedown_faults::Effect::KINDS {
        table.push_str(&format!("| `{name}` | {about} |\n"));
    }
    generated("faults", &table);
}

#[test]
fn the_scenario_in_the_readme_is_current() {
    let file = read("scenarios/faults/async-multipart-create.yaml");
    generated("file: scenarios/faults/async-multipart-create.yaml", &format!("```yaml\n{}\n```\n", file.trim()));
}

#[test]
fn files_that_the_documents_name_are_there() {
    for name in DOCUMENTS {
        for code in read(name)
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|code| code.contains('/') && !code.contains([' ', '<', '*', '\n', '\'']))
        {
            let is_path =
                ["harness/", "mocks/", "reports/", "scenarios/", ".ci/"].iter().any(|part| code.starts_with(part));
            assert!(!is_path || root().join(code).exists(), "{name} names {code}, which is not there");
        }
    }
}
