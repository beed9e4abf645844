//! Foreign systems: docker-registry 2.8.2 as a child of the harness, and attached to what runs already.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use shakedown_cli::library::{Selection, load};
use shakedown_engine::SystemFile;
use shakedown_reports::{Party, Report, Verdict};
use shakedown_scenario::Plan;
use support::{clean, docker_registry, have, published, serve, word_after};

/// Runs and reads the JSON report; gives the exit code, too.
fn run(args: &[&str], dir: &Path) -> (Option<i32>, Report, String) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let report = dir.join("report.json");
    let json = format!("json={}", report.display());
    let mut command = clean(support::SHAKEDOWN, dir);
    let out = dir.join("out");
    command
        .current_dir(root)
        .args(["run", "--color", "never", "--trace", "all", "--report", &json, "--out"])
        .arg(out)
        .args(args);
    let output = command.output().expect("it starts");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let json = std::fs::read_to_string(&report)
        .unwrap_or_else(|error| panic!("{error}\n{text}\n{}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code(), serde_json::from_str(&json).expect("a report"), text)
}

/// Blocks of the catalogue, the scenario that tells them, and the party to blame on docker-registry 2.8.2.
const FAILS_ON_DISTRIBUTION: &[(&str, Party)] = &[
    ("async-multipart-create", Party::Registry),
    ("multipart-list-truncated[hidden]", Party::Registry),
    ("startedat-not-yet-readable", Party::Registry),
    ("part-lost-patch-202[refused]", Party::Registry),
    ("list-after-put-stale", Party::Registry),
    ("complete-reply-lost[a-store-that-forgets-uploads]", Party::Registry),
    ("empty-blob-malformedxml", Party::Registry),
    ("copy-200-html-lost", Party::Registry),
    ("html-404-from-gateway", Party::Registry),
    ("404-body-variants[json]", Party::Registry),
    ("create-200-html-panic", Party::Registry),
    ("storage-health-503", Party::Registry),
    ("redirect-403[presigned-head]", Party::Registry),
];

#[test]
fn docker_registry_shows_the_failures_of_the_catalogue() {
    if !have("docker-registry") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let files: Vec<_> =
        FAILS_ON_DISTRIBUTION.iter().map(|(id, _)| id.split('[').next().expect("split yields once")).collect();
    let mut args: Vec<_> = files.iter().map(|stem| format!("scenarios/faults/{stem}.yaml")).collect();
    args.sort();
    args.dedup();
    // What a client of any registry may rely on works on this one, too.
    args.push("scenarios/storage/push-and-pull.yaml".to_owned());
    let mut words = vec!["--system", "distribution-2.8", "-j", "8"];
    words.extend(args.iter().map(String::as_str));
    let (code, report, text) = run(&words, dir.path());
    assert_eq!(code, Some(0), "all of them are listed as known: {text}");
    assert!(text.contains("Known deviations"), "{text}");
    assert_eq!(report.run.system_version.as_deref().map(|version| version.starts_with("2.8")), Some(true));
    let scenarios: BTreeMap<_, _> = report.scenarios.iter().map(|scenario| (scenario.id.as_str(), scenario)).collect();
    for (id, party) in FAILS_ON_DISTRIBUTION {
        let scenario = scenarios.get(id).unwrap_or_else(|| panic!("{id} did not run"));
        assert_eq!(scenario.verdict, Verdict::Known, "{id}: {:?}", scenario.reason);
        let blame = scenario.blame.as_ref().unwrap_or_else(|| panic!("{id} has no blame"));
        assert_eq!(blame.party, *party, "{id}: {}", blame.why);
        assert!(scenario.calls.iter().any(|call| call.to == "s3"), "{id} shows no storage side");
    }
    assert!(scenarios.values().any(|s| s.id.starts_with("push-and-pull") && s.verdict == Verdict::Passed), "{text}");
    assert!(text.contains("Path not found"), "the registry's log stands in its trace");
    let listed = scenarios["async-multipart-create"].calls.iter().filter(|call| !call.log.is_empty());
    let listed: Vec<_> = listed.filter(|call| call.operation.as_deref() == Some("ListMultipartUploads")).collect();
    let line =
        listed.first().and_then(|call| call.log.last()).expect("what the log says of the listing stands beside it");
    assert!(line.detail.as_deref().is_some_and(|detail| detail.contains("Path not found")), "{line:?}");
    assert_eq!((line.method.as_deref(), line.status), (Some("PATCH"), Some(500)));
    let caused = scenarios["async-multipart-create"]
        .calls
        .iter()
        .filter(|call| call.to == "s3" && call.caused_by.is_some())
        .count();
    assert!(caused > 3, "only {caused} storage calls were joined to the client calls that caused them");
}

/// What docker-registry 2.8.2 does not do costs a line each, not one for each scenario that needs it.
#[test]
fn equal_failures_of_docker_registry_are_few_causes() {
    if !have("docker-registry") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (_s3, ready) = serve(&["s3", "--listen", "127.0.0.1:0"], dir.path());
    let (_registry, address) = docker_registry(word_after(&ready, "S3 on "), "lab", false, dir.path());
    // As a URL: nothing is known of it, so nothing is a known deviation.
    let system = format!("http://{address}");
    let (code, report, text) =
        run(&["--system", &system, "--abilities", "sha512", "scenarios/conformance"], dir.path());
    assert_eq!(code, Some(1), "{text}");
    let failed: Vec<&str> =
        report.scenarios.iter().filter(|s| s.verdict == Verdict::Failed).map(|s| s.id.as_str()).collect();
    assert!(failed.len() > 40, "only {} failed\n{text}", failed.len());
    assert!(report.causes.len() * 5 <= failed.len() * 2, "{} causes of {}\n{text}", report.causes.len(), failed.len());
    let mut explained: Vec<&str> =
        report.causes.iter().flat_map(|cause| &cause.scenarios).map(String::as_str).collect();
    explained.sort_unstable();
    assert_eq!(explained, failed, "each failure has one cause");
    let of = |words: &str| {
        let mut found = report.causes.iter().filter(|cause| cause.title.contains(words));
        let cause = found.next().unwrap_or_else(|| panic!("no cause says `{words}`\n{text}"));
        assert!(found.next().is_none(), "several causes say `{words}`\n{text}");
        cause.scenarios.clone()
    };
    assert_eq!(of("SHA-512 digests are not taken"), ["sha512"]);
    let referrers = of("the referrers API is not there");
    let about = |id: &&&str| id.starts_with("referrers");
    assert!(failed.iter().filter(about).all(|id| referrers.iter().any(|one| one == id)), "{referrers:?}\n{text}");
}

/// Every incident of docker-registry 2.8.2 that field reports recorded looks today as it was recorded.
#[test]
fn docker_registry_does_again_what_was_recorded_of_it() {
    if !have("docker-registry") || !have("redis-server") {
        return;
    }
    let file = SystemFile::parse("distribution-2.8", SystemFile::shipped("distribution-2.8").unwrap()).unwrap();
    let shows = |id: &str| {
        let mut patterns = file.reproduces.iter().flat_map(|entry| entry.scenario.iter());
        patterns.any(|pattern| shakedown_engine::selects(pattern, id))
    };
    let files: BTreeSet<_> = plans().into_iter().filter(|plan| shows(&plan.id)).map(|plan| plan.file).collect();
    // All cases of a file, as its deviations are listed for all; and not the two minutes of silence of D13.
    let mut words = vec!["--system", "distribution-2.8", "-j", "8", "-E", "!id(upload-falls-silent)"];
    words.extend(files.iter().map(String::as_str));
    let dir = tempfile::tempdir().unwrap();
    let (code, report, text) = run(&words, dir.path());
    assert_eq!(code, Some(0), "{text}");
    let incidents: BTreeSet<_> = file.reproduces.iter().map(|entry| entry.incident.as_str()).collect();
    assert_eq!(report.run.incidents_seen_again(), (incidents.len() - 1, incidents.len() - 1), "{text}");
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md")).unwrap();
    assert!(readme.contains(&format!("shows {} of them again", incidents.len())), "the README counts them, too");
}

fn plans() -> Vec<Plan> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let selection = Selection { paths: &[root], ..Selection::default() };
    load(&selection).expect("the scenarios are there").plans
}

#[test]
fn every_listed_deviation_and_record_names_scenarios_that_are_there() {
    let plans = plans();
    for name in SystemFile::shipped_names() {
        let file = SystemFile::parse(name, SystemFile::shipped(name).unwrap()).unwrap();
        let deviations = file.deviations.iter().flat_map(|deviation| deviation.scenario.iter());
        for pattern in deviations.chain(file.reproduces.iter().flat_map(|entry| entry.scenario.iter())) {
            assert!(plans.iter().any(|plan| shakedown_engine::selects(pattern, &plan.id)), "{name}: {pattern}");
        }
    }
}

#[test]
fn docker_registry_asks_who_comes_as_scenarios_want_it() {
    if !have("docker-registry") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (code, report, text) = run(&["--system", "distribution-2.8", "-j", "8", "scenarios/auth"], dir.path());
    assert_eq!(code, Some(0), "{text}");
    let with = |verdict| report.scenarios.iter().filter(move |scenario| scenario.verdict == verdict);
    assert_eq!(with(Verdict::Known).map(|scenario| scenario.id.as_str()).collect::<Vec<_>>(), ["mount-without-right"]);
    let passed = with(Verdict::Passed).count();
    assert!(passed > 25, "only {passed} passed\n{text}");
}

#[test]
fn a_registry_that_runs_already_is_driven_through_the_control_interface() {
    if !have("docker-registry") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (_s3, ready) = serve(&["s3", "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0"], dir.path());
    let (endpoint, control) = (word_after(&ready, "S3 on "), word_after(&ready, "control on "));
    let (_registry, address) = docker_registry(endpoint, "lab", false, dir.path());
    let system = format!("http://{address}");
    let files = ["scenarios/faults/async-multipart-create.yaml", "scenarios/faults/html-404-from-gateway.yaml"];
    let mut words = vec!["--system", &system, "--s3", control, "scenarios/storage/push-and-pull.yaml"];
    words.extend(files);
    let (code, report, text) = run(&words, dir.path());
    assert_eq!(code, Some(1), "{text}");
    let failed: Vec<_> =
        report.scenarios.iter().filter(|s| s.verdict == Verdict::Failed).map(|s| s.id.as_str()).collect();
    assert_eq!(failed, ["async-multipart-create", "html-404-from-gateway"], "{text}");
    for scenario in &report.scenarios {
        assert!(scenario.calls.iter().any(|call| call.to == "s3"), "{} shows no storage side", scenario.id);
    }
}

/// The page's own file, with the reference registry in the place of `my-registry`: what the page says is done, command by command.
#[test]
fn a_registry_is_added_by_following_the_page() {
    let dir = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = std::fs::read_to_string(root.join("scenarios/systems/README.md")).unwrap();
    let yaml =
        page.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("the page begins with a file");
    // A program that takes the page's arguments and reads the page's configuration; it has a defect, so that there is something to list.
    let program = dir.path().join("my-registry");
    let script = r#"#!/bin/sh
of() { sed -n "s/.*$1: \"\([^\"]*\)\".*/\1/p" "$config"; }
config=$5
export SHAKEDOWN_ACCESS_KEY="$(of access)" SHAKEDOWN_SECRET_KEY="$(of secret)"
exec PROGRAM --quiet serve registry --listen "$3" --s3-endpoint "$(of endpoint)" --defect tags-reversed
"#
    .replace("PROGRAM", support::SHAKEDOWN);
    std::fs::write(&program, script).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&program, mode).unwrap();
    std::fs::write(dir.path().join("mine.yaml"), yaml).unwrap();
    let run = |words: &[&str]| {
        let mut command = clean(support::SHAKEDOWN, dir.path());
        let binary = format!("binary={}", program.display());
        let scenarios = root.join("scenarios/conformance");
        command.current_dir(dir.path()).args(["run", "--color", "never", "--var", &binary, "-E", "id(tags-order*)"]);
        let output = command.args(words).arg(scenarios).output().expect("it starts");
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        (output.status.code(), text)
    };
    let (code, text) = run(&["--tag", "conformance", "--system", "mine.yaml"]);
    assert_eq!(code, Some(1), "{text}");
    let (code, text) = run(&["--tag", "conformance", "--system", "mine.yaml", "--write-deviations", "known.yaml"]);
    assert_eq!(code, Some(1), "{text}");
    let known = std::fs::read_to_string(dir.path().join("known.yaml")).unwrap().replace("FILL IN", "left out");
    std::fs::write(dir.path().join("mine.yaml"), format!("{yaml}{known}")).unwrap();
    let (code, text) = run(&["--system", "reference", "--system", "mine.yaml"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("scenario ") && text.contains("mine.yaml"), "{text}");
}

/// A registry that answers otherwise than `ready` expects is no riddle.
#[test]
fn a_system_that_is_not_ready_says_what_it_answered() {
    let dir = tempfile::tempdir().unwrap();
    let yaml = format!(
        "title: mine\ncommand: {}\nargs: [--quiet, serve, registry, --listen, '${{listen}}:${{port}}', --s3-endpoint, '${{endpoint}}']\n\
         ready: {{ path: /v2/, status: 401, within: 1s }}\n",
        support::SHAKEDOWN
    );
    let file = dir.path().join("mine.yaml");
    std::fs::write(&file, yaml).unwrap();
    let words = ["--system", file.to_str().unwrap(), "scenarios/storage/upload-range.yaml"];
    let (code, report, text) = run(&words, dir.path());
    assert_eq!(code, Some(3), "{text}");
    let reason = report.scenarios[0].reason.as_deref().unwrap_or_default();
    assert!(reason.contains("GET /v2/ was answered 200, and `ready` waits for 401"), "{reason}");
}

/// A port that was free when it was chosen and taken when the registry wanted it is no error of the registry.
#[test]
fn a_registry_whose_port_was_taken_meanwhile_is_started_on_another() {
    let dir = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let program = dir.path().join("my-registry");
    let script = "#!/bin/sh\n\
        listen=$1; [ -e \"$0.started\" ] || listen=TAKEN\n\
        : > \"$0.started\"\n\
        exec PROGRAM --quiet serve registry --listen \"$listen\" --s3-endpoint \"$2\"\n";
    let script = script.replace("TAKEN", &taken.local_addr().unwrap().to_string());
    std::fs::write(&program, script.replace("PROGRAM", support::SHAKEDOWN)).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&program, mode).unwrap();
    let yaml = format!(
        "title: mine\ncommand: {}\nargs: ['${{listen}}:${{port}}', '${{endpoint}}']\n\
         env: {{ SHAKEDOWN_ACCESS_KEY: '${{access-key}}', SHAKEDOWN_SECRET_KEY: '${{secret-key}}' }}\n\
         ready: {{ path: /v2/, status: 200, within: 20s }}\n",
        program.display()
    );
    let file = dir.path().join("mine.yaml");
    std::fs::write(&file, yaml).unwrap();
    let words = ["--system", file.to_str().unwrap(), "scenarios/storage/push-and-pull.yaml"];
    let (code, _, text) = run(&words, dir.path());
    assert_eq!(code, Some(0), "{text}");
    assert!(dir.path().join("my-registry.started").exists(), "the first start was not on the taken port");
}

#[test]
fn the_schema_of_system_files_is_published_and_the_shipped_ones_hold_to_it() {
    let shipped = SystemFile::shipped_names().into_iter().map(|name| (name, SystemFile::shipped(name).unwrap()));
    let refused = serde_json::json!({ "title": "t", "command": "x", "redy": {} });
    published("system", &SystemFile::schema(), shipped, &refused);
}

/// The same registry told to log as JSON, by a system file that says so; and one that says nothing of its log.
#[test]
fn the_log_is_read_as_the_system_file_says() {
    if !have("docker-registry") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let shipped = SystemFile::shipped("distribution-2.8").unwrap();
    let json = shipped.replace("formatter: text", "formatter: json");
    for (log, beside) in [("log: json", true), ("log: logfmt", false), ("log: plain", false)] {
        let file = dir.path().join("mine.yaml");
        std::fs::write(&file, json.replace("log: logfmt", log)).unwrap();
        let system = file.display().to_string();
        let (_, report, text) = run(&["--system", &system, "scenarios/faults/async-multipart-create.yaml"], dir.path());
        let scenario = &report.scenarios[0];
        let said: Vec<_> = scenario.calls.iter().flat_map(|call| &call.log).map(|line| line.gist()).collect();
        assert_eq!(said.iter().any(|gist| gist.contains("Path not found")), beside, "{log}: {said:#?}\n{text}");
        assert!(scenario.log.iter().any(|line| line.contains("Path not found")), "{log}: the line itself is kept");
    }
}

/// A registry that knows its users by itself is asked as one of them; the file names where the password stands, and nothing shows it.
#[test]
fn a_system_file_names_where_the_login_stands() {
    let dir = tempfile::tempdir().unwrap();
    let password = "open-sesame-17";
    let hash = bcrypt::hash(password, 4).unwrap();
    let text = format!(
        "title: a registry with users\nlogin: env:REGISTRY_LOGIN\ncommand: {}\nargs: [serve, registry, --listen, '${{listen}}:${{port}}', --s3-endpoint, '${{endpoint}}', \
         --bucket, '${{bucket}}', --htpasswd, users]\nenv: {{ SHAKEDOWN_ACCESS_KEY: '${{access-key}}', SHAKEDOWN_SECRET_KEY: '${{secret-key}}', \
         LOGGED_IN: '${{login-user}}:${{login-password}}' }}\nfiles: {{ users: '${{login-user}}:{hash}' }}\n\
         ready: {{ path: /v2/, status: 401, within: 20s }}\n",
        support::SHAKEDOWN
    );
    let file = dir.path().join("mine.yaml");
    std::fs::write(&file, text).unwrap();
    let with = |login: Option<&str>| {
        let mut command = clean(support::SHAKEDOWN, dir.path());
        command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."));
        command.args(["run", "--trace", "all", "--color", "never", "--out"]).arg(dir.path().join("out"));
        command.args(["--system", file.to_str().unwrap(), "-E", "id(push-and-pull[streamed])", "scenarios/storage"]);
        if let Some(login) = login {
            command.env("REGISTRY_LOGIN", login);
        }
        let output = command.output().expect("it starts");
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        (output.status.code(), said)
    };
    let (code, said) = with(Some(&format!("ann:{password}")));
    assert_eq!(code, Some(0), "{said}");
    let report = std::fs::read_to_string(dir.path().join("out/report.json")).unwrap();
    let pair = "YW5uOm9wZW4tc2VzYW1lLTE3";
    assert!([&said, &report].iter().all(|text| !text.contains(password) && !text.contains(pair)), "{said}");
    let (code, said) = with(Some("ann:another-one"));
    assert_eq!(code, Some(1), "{said}");
    let (code, said) = with(None);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("REGISTRY_LOGIN=USER:PASSWORD"), "{said}");
}
