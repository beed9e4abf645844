//! The documents say what is true: every command in them runs, generated parts are current, links lead somewhere.
//! `SHAKEDOWN_BLESS=1 cargo test --test docs` rewrites the generated parts of README.md.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use support::{Running, clean, run, serve, word_after};

const DOCUMENTS: &[&str] = &["README.md", "CONTRIBUTING.md", "scenarios/systems/README.md", "deploy/README.md"];

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
    /// To its end with 0, on servers of this test instead of those at the documents' addresses.
    OnServers,
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
    (
        "RUSTC_BOOTSTRAP=1 cargo fuzz run --fuzz-dir harness/fuzz -s none manifest",
        How::Elsewhere("cargo-fuzz is a program of its own, and a run has no end"),
    ),
    ("bash .ci/run", How::Elsewhere(".ci/run")),
    ("bash .ci/bench", How::Elsewhere("an optimised build; clippy compiles the benches")),
    (
        "bash .ci/repetitions",
        How::Elsewhere("an optimised build, and an hour; compare's unit tests repeat with made noise"),
    ),
    ("shakedown run --system distribution-2.8", How::Elsewhere("tests/systems.rs")),
    (
        "shakedown run --system reference --system distribution-2.8 --system distribution-2.8-container",
        How::Elsewhere("tests/containers.rs"),
    ),
    ("shakedown run --tag conformance --system mine.yaml", How::Elsewhere("tests/systems.rs")),
    (
        "shakedown run --tag conformance --system mine.yaml --write-deviations known.yaml",
        How::Elsewhere("tests/systems.rs"),
    ),
    ("shakedown run --system reference --system mine.yaml", How::Elsewhere("tests/systems.rs")),
    ("cargo doc -p shakedown --open", How::Elsewhere(".ci/run builds the same pages")),
    ("shakedown doctor", How::Runs),
    ("shakedown init qualification --ci github", How::Runs),
    ("shakedown list --systems", How::Runs),
    ("shakedown list --stores", How::Runs),
    ("shakedown serve s3 --listen 127.0.0.1:9000 --control 127.0.0.1:9001 &", How::Elsewhere("tests/systems.rs")),
    ("shakedown run --system http://127.0.0.1:5000 --s3 http://127.0.0.1:9001", How::Elsewhere("tests/systems.rs")),
    (
        "shakedown run --tag conformance --system https://registry.test:5000 --auth env:LOGIN --ca ca.pem",
        How::Elsewhere("tests/qualify.rs"),
    ),
    (
        "shakedown run --tag conformance --system http://127.0.0.1:5000 --write-deviations known.yaml",
        How::Elsewhere("tests/exit_codes.rs"),
    ),
    (
        "shakedown run --tag conformance --system http://127.0.0.1:5000 --deviations known.yaml",
        How::Elsewhere("tests/exit_codes.rs"),
    ),
    ("shakedown serve s3 --listen 127.0.0.1:9000 &", How::Elsewhere("tests/storage.rs")),
    ("shakedown qualify --endpoint http://127.0.0.1:9000 --bucket lab", How::Elsewhere("tests/storage.rs")),
    ("export AWS_ACCESS_KEY_ID=shakedown AWS_SECRET_ACCESS_KEY=shakedown-secret", How::Elsewhere("tests/storage.rs")),
    ("shakedown qualify", How::Elsewhere("tests/storage.rs")),
    (
        "shakedown qualify --endpoint http://127.0.0.1:9000 --bucket lab --bundle qualification",
        How::Elsewhere("tests/storage.rs"),
    ),
    (
        "shakedown qualify --endpoint http://127.0.0.1:9000 --bucket lab --with-registry docker-registry",
        How::Elsewhere("tests/on_store.rs"),
    ),
    (
        "shakedown run --system distribution-2.8 --s3-endpoint http://127.0.0.1:9000 --bucket lab scenarios/storage",
        How::Elsewhere("tests/on_store.rs"),
    ),
    ("shakedown verify qualification", How::Elsewhere("tests/storage.rs")),
    ("shakedown proxy --upstream http://127.0.0.1:9000 --fault faults.yaml", How::Elsewhere("tests/proxy.rs")),
    ("shakedown record --upstream http://127.0.0.1:9000 --out vendor.yaml", How::Elsewhere("tests/proxy.rs")),
    ("shakedown serve s3 --fault vendor.yaml", How::Elsewhere("tests/proxy.rs")),
    ("shakedown verify", How::Elsewhere("tests/storage.rs")),
    ("shakedown compare before after", How::Elsewhere("tests/storage.rs")),
    ("shakedown serve registry --listen 127.0.0.1:5000", How::Serves),
    ("shakedown serve s3 --fault gateway-html-errors", How::Serves),
    (
        "shakedown serve registry --fault scenarios/clients/client-backs-off.yaml --control 127.0.0.1:5009 &",
        How::Serves,
    ),
    ("shakedown watch http://127.0.0.1:5009", How::Elsewhere("tests/clients.rs")),
    ("shakedown run scenarios/clients --over tcp", How::Elsewhere("cargo test --test scenarios")),
    ("shakedown serve registry --listen 127.0.0.1:5003 --upstream http://127.0.0.1:5000", How::Serves),
    ("shakedown serve registry --htpasswd users.htpasswd --reader bob --anonymous-pull", How::Serves),
    (
        "shakedown serve token --user ann=ann-pw --user 'bob=bob-pw=repository:lab/**:pull' --jwks-out jwks.json &",
        How::Serves,
    ),
    ("shakedown serve swift --token-life 30s --listed-after 3s", How::Serves),
    ("shakedown serve forward-proxy --name registry.corp=127.0.0.1:5000", How::Serves),
    ("shakedown explain J01", How::Runs),
    ("shakedown explain E10", How::Runs),
    ("shakedown explain J05", How::Runs),
    ("shakedown serve webhook --answers hangs &", How::Serves),
    ("shakedown serve registry --notify http://127.0.0.1:8091/hook", How::Serves),
    ("shakedown serve registry --token-realm http://127.0.0.1:5001/token --token-jwks jwks.json", How::Serves),
    ("shakedown audit --s3-endpoint http://127.0.0.1:9000 --bucket lab --deep", How::OnServers),
    (
        "shakedown audit --registry http://127.0.0.1:5000 --s3-endpoint http://127.0.0.1:9000 --bucket lab",
        How::OnServers,
    ),
    ("shakedown audit --registry http://127.0.0.1:5000 --against http://127.0.0.1:5002", How::OnServers),
    ("shakedown gc --s3-endpoint http://127.0.0.1:9000 --bucket lab --purge-older 7d", How::OnServers),
    ("shakedown run --report html=report.html", How::Elsewhere("tests/reports.rs")),
    ("shakedown report", How::Elsewhere("tests/reports.rs")),
    ("shakedown check --format sarif", How::Elsewhere("tests/reports.rs")),
    ("shakedown check", How::Runs),
    ("shakedown schema", How::Runs),
    ("shakedown schema load", How::Runs),
    ("shakedown list --faults", How::Runs),
    ("shakedown list --profiles", How::Runs),
    ("shakedown list --allowed", How::Runs),
    ("shakedown explain A01", How::Runs),
    ("shakedown explain blob-without-digest", How::Runs),
    ("shakedown explain distribution-2.8", How::Runs),
    ("shakedown bench small-pushes --against distribution-2.8", How::Elsewhere("tests/bench.rs, with another system")),
    (
        "shakedown bench small-pushes --against distribution-2.8 --against limit --goals",
        How::Elsewhere("tests/bench.rs, its parts"),
    ),
    ("shakedown compare before.json after.json", How::Elsewhere("tests/bench.rs")),
    ("shakedown merge part1.json part2.json", How::Elsewhere("tests/bench.rs")),
    ("shakedown bench --self-test", How::Elsewhere("tests/bench.rs, bounded")),
    ("shakedown list --loads", How::Runs),
    ("mkdir -p target/image && cp target/release/shakedown target/image/", How::Elsewhere("tests/deploy.rs")),
    ("docker build -f deploy/Dockerfile -t shakedown target/image", How::Elsewhere("tests/deploy.rs")),
    ("export SHAKEDOWN_START_AT=$(date -u -d +20sec +%Y-%m-%dT%H:%M:%SZ)", How::Elsewhere("tests/deploy.rs")),
    ("docker-compose -f deploy/compose/docker-compose.yml up merge", How::Elsewhere("tests/deploy.rs")),
    (
        "docker cp $(docker-compose -f deploy/compose/docker-compose.yml ps -q merge):/results results",
        How::Elsewhere("tests/deploy.rs"),
    ),
    ("docker-compose -f deploy/compose/docker-compose.yml down -v", How::Elsewhere("tests/deploy.rs")),
    ("export RUN=monday SYSTEM=https://registry.test BUCKET=lab SHARDS=8", How::Elsewhere("tests/deploy.rs")),
    (
        "deploy/kubernetes/render load | kubectl apply -f -",
        How::Elsewhere("tests/deploy.rs, its containers as processes"),
    ),
    (
        "kubectl wait --for=condition=complete --timeout=1h job/shakedown-monday",
        How::Elsewhere("there is no Kubernetes here"),
    ),
    (
        "deploy/kubernetes/render merge | kubectl apply -f -",
        How::Elsewhere("tests/deploy.rs, its containers as processes"),
    ),
    ("shakedown bench", How::Elsewhere("tests/bench.rs")),
    ("shakedown explain missing-child", How::Runs),
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
    let users = ["ann", "bob"].map(|user| format!("{user}:{HASH}\n")).concat();
    fs::write(dir.path().join("users.htpasswd"), users).unwrap();
    let servers = Servers::start(dir.path());
    for (command, how) in COMMANDS {
        let unquoted = command.replace('\'', "");
        let words: Vec<_> = unquoted.trim_end_matches(" &").split(' ').skip(1).collect();
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
            How::OnServers => {
                let mut child = clean(support::SHAKEDOWN, dir.path());
                child.current_dir(dir.path()).args(words.iter().map(|word| servers.instead_of(word)));
                child.env("AWS_ACCESS_KEY_ID", "shakedown").env("AWS_SECRET_ACCESS_KEY", "shakedown-secret");
                run(&mut child);
            }
            How::Elsewhere(place) => assert!(!place.is_empty()),
        }
    }
}

/// bcrypt of a password that nobody needs here.
const HASH: &str = "$2b$04$qC6yIpYz.gXKm0HltKyft.Atj0tLnA9KqAtlV3EJly6qC2jVYjBZq";

/// What the documents take for running: a storage, and two registries on it. By the addresses that stand there.
struct Servers([(&'static str, String, Running); 3]);

impl Servers {
    fn start(home: &Path) -> Self {
        let (storage, ready) = serve(&["s3", "--listen", "127.0.0.1:0", "--bucket", "lab"], home);
        let endpoint = word_after(&ready, "S3 on ").to_owned();
        let registry = || {
            let (running, ready) = serve(&["registry", "--listen", "127.0.0.1:0", "--s3-endpoint", &endpoint], home);
            (format!("http://{}", word_after(&ready, "on http://")), running)
        };
        let ((one, first), (other, second)) = (registry(), registry());
        Self([
            ("http://127.0.0.1:9000", endpoint, storage),
            ("http://127.0.0.1:5000", one, first),
            ("http://127.0.0.1:5002", other, second),
        ])
    }

    fn instead_of(&self, word: &str) -> String {
        let known = self.0.iter().find(|(documented, _, _)| *documented == word);
        known.map_or_else(|| word.to_owned(), |(_, address, _)| address.clone())
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
fn the_table_of_formats_in_the_readme_is_current() {
    let mut table = String::from("| format | what it is |\n|---|---|\n");
    for format in shakedown_reports::FORMATS {
        table.push_str(&format!("| `{}` | {} |\n", format.name, format.about));
    }
    generated("formats", &table);
}

#[test]
fn the_counts_of_defects_in_the_readme_are_current() {
    let defects = shakedown_registry::defects::ALL;
    let count = |ids: fn(&shakedown_registry::Defect) -> &'static [&'static str]| {
        defects.iter().flat_map(|defect| ids(defect)).collect::<std::collections::BTreeSet<_>>().len()
    };
    let (rules, incidents) = (count(|defect| defect.breaks), count(|defect| defect.stands_for));
    let allowed = shakedown_registry::allowed::ALL.len();
    let all = defects.len();
    let text = format!(
        "{all} defects break {rules} rules and habits and stand for {incidents} incidents; {allowed} behaviours are allowed.\n"
    );
    generated("defects", &text);
}

#[test]
fn files_in_the_readme_are_current() {
    for (name, language) in [
        ("scenarios/faults/async-multipart-create.yaml", "yaml"),
        // Both run in `cargo test --test examples`.
        ("harness/facade/examples/your_registry.rs", "rust"),
        ("harness/facade/examples/in_code.rs", "rust"),
    ] {
        generated(&format!("file: {name}"), &format!("```{language}\n{}\n```\n", read(name).trim()));
    }
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
            let is_path = ["harness/", "mocks/", "reports/", "scenarios/", "deploy/", ".ci/"]
                .iter()
                .any(|part| code.starts_with(part));
            assert!(!is_path || root().join(code).exists(), "{name} names {code}, which is not there");
        }
    }
}
