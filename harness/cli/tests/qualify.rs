//! A registry that somebody else runs: docker-registry 2.8.2 behind TLS and a password. Who may come in is told in several ways, what it
//! can do is found out, nothing of others is touched, and nothing of ours is left.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Output;

use base64::Engine as _;
use shakedown_reports::{Report, Verdict};
use support::{Running, clean, have, word_after};

const PASSWORD: &str = "correct-horse-battery";
/// bcrypt of it, as `htpasswd -B` writes it.
const HTPASSWD: &str = "alice:$2b$04$qC6yIpYz.gXKm0HltKyft.Atj0tLnA9KqAtlV3EJly6qC2jVYjBZq\n";
const SCENARIOS: &[&str] =
    &["round-trip", "chunked-upload", "delete-tag", "mount-blob", "referrers-none", "upload-cancel"];

/// docker-registry on files, with TLS and htpasswd; gives its address and the file of its authority.
fn registry(dir: &Path) -> (Running, String, String) {
    let key = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
    let at = |name: &str| dir.join(name).display().to_string();
    fs::write(at("ca.pem"), key.cert.pem()).expect("writable");
    fs::write(at("key.pem"), key.signing_key.serialize_pem()).expect("writable");
    fs::write(at("htpasswd"), HTPASSWD).expect("writable");
    let config = format!(
        "version: 0.1
log: {{ level: info, formatter: text, accesslog: {{ disabled: true }} }}
storage:
  filesystem: {{ rootdirectory: {} }}
  delete: {{ enabled: true }}
http: {{ addr: '127.0.0.1:0', secret: not-a-secret, tls: {{ certificate: {}, key: {} }} }}
auth: {{ htpasswd: {{ realm: lab, path: {} }} }}
",
        at("data"),
        at("ca.pem"),
        at("key.pem"),
        at("htpasswd")
    );
    fs::write(at("registry.yml"), config).expect("writable");
    let mut command = clean("docker-registry", dir);
    command.arg("serve").arg(at("registry.yml"));
    let running = Running::start(command);
    let line = running.line_with("listening on");
    let port = word_after(&line, "listening on 127.0.0.1:").trim_matches([',', '"']).to_owned();
    (running, format!("https://localhost:{port}"), at("ca.pem"))
}

/// Runs some conformance scenarios against it.
fn run(system: &str, dir: &Path, args: &[&str], env: &[(&str, &str)]) -> (Output, Option<Report>) {
    let out = dir.join("out");
    let _ = fs::remove_dir_all(&out);
    let mut command = clean(support::SHAKEDOWN, dir);
    command.current_dir(dir).args(["run", "--color", "never", "--system", system, "--out"]).arg(&out).args(args);
    command.envs(env.iter().copied());
    command.args(SCENARIOS.iter().map(|id| format!("scenarios/conformance/{id}.yaml")));
    let output = command.output().expect("it starts");
    let report = fs::read_to_string(out.join("report.json")).ok();
    (output, report.map(|text| serde_json::from_str(&text).expect("a report")))
}

/// All links of the store: what can be reached in it.
fn links(dir: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let Ok(entries) = fs::read_dir(dir) else { return found };
    for path in entries.map(|entry| entry.expect("readable").path()) {
        if path.is_dir() {
            found.extend(links(&path));
        } else if path.ends_with("link") || path.ends_with("startedat") {
            found.insert(path.display().to_string());
        }
    }
    found
}

fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn a_registry_behind_tls_and_a_password_is_qualified_and_left_as_it_was() {
    if !have("docker-registry") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (_registry, system, ca) = registry(dir.path());
    let login = format!("alice:{PASSWORD}");
    let before = links(&dir.path().join("data"));

    let (output, report) = run(&system, dir.path(), &["--ca", &ca, "--auth", "env:LOGIN"], &[("LOGIN", &login)]);
    let report = report.unwrap_or_else(|| panic!("{}", told(&output)));
    let verdict = |id: &str| {
        report.scenarios.iter().find(|scenario| scenario.id.starts_with(id)).map(|s| (s.verdict, s.reason.clone()))
    };
    let text = told(&output);
    assert_eq!(output.status.code(), Some(1), "it has no referrers API, which the specification asks for: {text}");
    for id in ["chunked-upload", "mount-blob", "upload-cancel"] {
        assert_eq!(verdict(id).unwrap().0, Verdict::Passed, "{id}: {text}");
    }
    assert_eq!(verdict("referrers-none").unwrap().0, Verdict::Failed);
    let (verdict, reason) = verdict("delete-tag").unwrap();
    assert_eq!(verdict, Verdict::Skipped, "{reason:?}");
    assert!(reason.unwrap().contains("400 on DELETE /v2/<name>/manifests/<tag>"));
    let has =
        |name: &str| report.run.abilities.iter().find(|ability| ability.name == name).map(|ability| ability.there);
    assert_eq!((has("delete-manifest"), has("delete-tag"), has("referrers")), (Some(true), Some(false), Some(false)));
    assert_eq!(report.run.left_behind, [""; 0]);
    assert_eq!(links(&dir.path().join("data")), before, "nothing that can be reached is left");
    let json = fs::read_to_string(dir.path().join("out/report.json")).unwrap();
    let encoded = base64::engine::general_purpose::STANDARD.encode(&login);
    for secret in [PASSWORD, &encoded] {
        assert!(!json.contains(secret) && !text.contains(secret), "a secret is shown");
    }

    // What `docker login` wrote is taken by itself; a helper is named, not run.
    let docker = dir.path().join(".docker");
    fs::create_dir_all(&docker).unwrap();
    let host = system.strip_prefix("https://").unwrap();
    let config = serde_json::json!({ "auths": { host: { "auth": encoded } } });
    fs::write(docker.join("config.json"), config.to_string()).unwrap();
    let (output, report) = run(&system, dir.path(), &["--ca", &ca, "--abilities", "no-referrers"], &[]);
    assert_eq!(output.status.code(), Some(1), "tags are not sorted on a file system: {}", told(&output));
    assert!(told(&output).contains(&format!("credentials for {host} from")), "{}", told(&output));
    let skipped = report.unwrap().scenarios.into_iter().find(|scenario| scenario.id == "referrers-none").unwrap();
    assert!(skipped.reason.unwrap().contains("as --abilities says: no-referrers"));
    let config = serde_json::json!({ "auths": { host: {} }, "credHelpers": { host: "no-such-helper" } });
    fs::write(docker.join("config.json"), config.to_string()).unwrap();
    let (output, _) = run(&system, dir.path(), &["--ca", &ca], &[]);
    assert_eq!(output.status.code(), Some(3));
    assert!(told(&output).contains("it runs only with --credential-helper"), "{}", told(&output));
    let (output, _) = run(&system, dir.path(), &["--ca", &ca, "--credential-helper"], &[]);
    assert_eq!(output.status.code(), Some(3));
    assert!(told(&output).contains("docker-credential-no-such-helper get: "), "{}", told(&output));
}

#[test]
fn a_registry_that_does_not_let_us_in_or_is_not_ours_to_touch_is_3() {
    if !have("docker-registry") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (_registry, system, ca) = registry(dir.path());
    let login = dir.path().join("login");
    let from_file = format!("file:{}", login.display());
    fs::write(&login, "alice:wrong\n").unwrap();
    let (output, _) = run(&system, dir.path(), &["--ca", &ca, "--auth", &from_file], &[]);
    assert_eq!(output.status.code(), Some(3), "{}", told(&output));
    assert!(told(&output).contains("401") && !told(&output).contains("wrong\n"), "{}", told(&output));
    fs::write(&login, format!("alice:{PASSWORD}\n")).unwrap();
    let (output, _) = run(&system, dir.path(), &["--auth", &from_file], &[]);
    assert_eq!(output.status.code(), Some(3), "an authority that nobody named: {}", told(&output));
    assert!(told(&output).contains("TLS"), "{}", told(&output));
    let (output, _) = run(&system, dir.path(), &["--ca", &ca, "--auth", "env:NOT_SET"], &[]);
    assert_eq!(output.status.code(), Some(2), "{}", told(&output));

    // Somebody's content where ours would go: the same seed names the same repositories.
    let common = ["--ca", &ca, "--auth", &from_file, "--seed", "7"];
    let (_, report) = run(&system, dir.path(), &common, &[]);
    let calls = report.unwrap().scenarios.into_iter().flat_map(|scenario| scenario.calls).map(|call| call.uri);
    let name = calls.filter_map(|uri| Some(uri.split_once("/v2/")?.1.split_once("/manifests/")?.0.to_owned())).next();
    let name = name.expect("a manifest was pushed");
    let tag =
        dir.path().join("data/docker/registry/v2/repositories").join(&name).join("_manifests/tags/theirs/current");
    fs::create_dir_all(&tag).unwrap();
    fs::write(tag.join("link"), format!("sha256:{}", "0".repeat(64))).unwrap();
    let (output, _) = run(&system, dir.path(), &common, &[]);
    assert_eq!(output.status.code(), Some(3), "{}", told(&output));
    assert!(told(&output).contains("is not ours to touch: choose another --seed"), "{}", told(&output));
    assert!(tag.join("link").is_file());
}
