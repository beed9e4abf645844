//! Real clients against the reference registry with passwords and with tokens: skopeo, podman and oras log in, push, pull,
//! inspect, copy and delete, and stay outside without the right. One that is missing skips its test with the reason.

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use support::{Running, assert_same_blobs, clean, have, oci_layout, run, serve, word_after};

/// Who may do everything, who may only pull; with passwords that stand nowhere else.
const ANN: (&str, &str) = ("ann", "password-of-ann");
const READER: (&str, &str) = ("reader", "password-of-reader");

/// A registry that asks who comes.
struct Guarded {
    authority: String,
    kind: &'static str,
    _parties: Vec<Running>,
}

impl Guarded {
    fn with_passwords(home: &Path) -> Self {
        let file = home.join("htpasswd");
        let line = |(user, password): (&str, &str)| format!("{user}:{}\n", bcrypt::hash(password, 4).unwrap());
        std::fs::write(&file, [line(ANN), line(READER)].concat()).unwrap();
        let htpasswd = file.to_str().unwrap();
        let (party, ready) =
            serve(&["registry", "--listen", "127.0.0.1:0", "--htpasswd", htpasswd, "--reader", READER.0], home);
        Self { authority: authority(&ready, "registry on "), kind: "basic", _parties: vec![party] }
    }

    fn with_tokens(home: &Path) -> Self {
        let file = home.join("jwks.json");
        let jwks = file.to_str().unwrap();
        let ann = format!("{}={}", ANN.0, ANN.1);
        let reader = format!("{}={}=repository:**:pull", READER.0, READER.1);
        let words = ["token", "--listen", "127.0.0.1:0", "--jwks-out", jwks, "--user", &ann, "--user", &reader];
        let (tokens, ready) = serve(&words, home);
        assert!(!ready.contains("password"), "{ready}");
        let realm = word_after(&ready, "realm ");
        let words = ["registry", "--listen", "127.0.0.1:0", "--token-realm", realm, "--token-jwks", jwks];
        let (party, ready) = serve(&words, home);
        Self { authority: authority(&ready, "registry on "), kind: "token", _parties: vec![tokens, party] }
    }

    /// Both kinds, each with a home of its own.
    fn each(test: impl Fn(&Self, &Path)) {
        for start in [Self::with_passwords, Self::with_tokens] {
            let home = tempfile::tempdir().unwrap();
            test(&start(home.path()), home.path());
        }
    }
}

fn authority(ready: &str, after: &str) -> String {
    word_after(ready, after).trim_start_matches("http://").to_owned()
}

/// Runs a command that must be refused; what it said.
fn refused(command: &mut Command) -> String {
    let output = command.output().expect("the program starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{command:?} was let in");
    let why = ["unauthorized", "denied", "DENIED", "401", "invalid username/password", "authentication required"];
    assert!(why.iter().any(|why| said.contains(why)), "{command:?}: {said}");
    assert!(!said.contains("password-of"), "{said}");
    said
}

fn skopeo(home: &Path, words: &[&str]) -> Command {
    let policy = home.join("policy.json");
    std::fs::write(&policy, r#"{"default":[{"type":"insecureAcceptAnything"}]}"#).expect("writable");
    let mut command = clean("skopeo", home);
    command.arg("--policy").arg(policy).args(words).arg("--authfile").arg(home.join("auth.json"));
    command
}

#[test]
fn skopeo_does_all_it_can() {
    if !have("skopeo") {
        return;
    }
    Guarded::each(|registry, home| {
        let image = oci_layout(&home.join("in"), &[6 << 20, 4096]);
        let (host, from) = (&registry.authority, format!("oci:{}:1", image.display()));
        let to = |name: &str| format!("docker://{host}/{name}");
        let login = |(user, password): (&str, &str)| {
            skopeo(home, &["login", "--tls-verify=false", "-u", user, "-p", password, host])
        };
        let copy = |from: &str, to: &str| {
            let words = ["copy", "--preserve-digests", "--src-tls-verify=false", "--dest-tls-verify=false", from, to];
            skopeo(home, &words)
        };
        refused(&mut copy(&from, &to("lab/app:1")));
        refused(&mut login((ANN.0, "wrong")));
        run(&mut login(ANN));
        run(&mut copy(&from, &to("lab/app:1")));
        run(&mut copy(&to("lab/app:1"), &to("lab/copy:1")));
        let seen = run(&mut skopeo(home, &["inspect", "--tls-verify=false", &to("lab/copy:1")]));
        let seen: serde_json::Value = serde_json::from_slice(&seen.stdout).unwrap();
        assert_eq!(seen["Layers"].as_array().map(Vec::len), Some(2), "{}", registry.kind);
        run(&mut login(READER));
        let back = home.join("out");
        run(&mut copy(&to("lab/copy:1"), &format!("oci:{}:1", back.display())));
        assert_same_blobs(&image, &back);
        refused(&mut copy(&from, &to("lab/app:2")));
        refused(&mut skopeo(home, &["delete", "--tls-verify=false", &to("lab/copy:1")]));
        run(&mut login(ANN));
        run(&mut skopeo(home, &["delete", "--tls-verify=false", &to("lab/copy:1")]));
        let gone = skopeo(home, &["inspect", "--tls-verify=false", &to("lab/copy:1")]).output().unwrap();
        assert!(String::from_utf8_lossy(&gone.stderr).contains("manifest unknown"), "{gone:?}");
    });
}

#[test]
fn podman_pushes_and_pulls() {
    if !have("podman") {
        return;
    }
    Guarded::each(|registry, home| {
        let host = &registry.authority;
        let policy = home.join(".config/containers");
        std::fs::create_dir_all(&policy).unwrap();
        std::fs::write(policy.join("policy.json"), r#"{"default":[{"type":"insecureAcceptAnything"}]}"#).unwrap();
        let podman = |words: &[&str]| {
            let mut command = clean("podman", home);
            // No kernel features are needed for images alone.
            command.args(["--storage-driver", "vfs", "--cgroup-manager", "cgroupfs", "--events-backend", "file"]);
            command.arg("--root").arg(home.join("store")).arg("--runroot").arg(home.join("run"));
            command.env("REGISTRY_AUTH_FILE", home.join("podman-auth.json"));
            command.args(words);
            command
        };
        // It must be there, even if nobody has logged in.
        std::fs::write(home.join("podman-auth.json"), "{}").unwrap();
        let archive = home.join("root.tar");
        let mut tar = tar::Builder::new(std::fs::File::create(&archive).unwrap());
        let mut header = tar::Header::new_gnu();
        header.set_size(5);
        header.set_mode(0o644);
        header.set_cksum();
        tar.append_data(&mut header, "hello.txt", b"hello".as_slice()).unwrap();
        tar.finish().unwrap();
        let name = format!("{host}/lab/podman:1");
        run(&mut podman(&["import", "-q", archive.to_str().unwrap(), &name]));
        refused(&mut podman(&["push", "-q", "--tls-verify=false", &name]));
        refused(&mut podman(&["login", "--tls-verify=false", "-u", ANN.0, "-p", "wrong", host]));
        run(&mut podman(&["login", "--tls-verify=false", "-u", ANN.0, "-p", ANN.1, host]));
        run(&mut podman(&["push", "-q", "--tls-verify=false", &name]));
        let id = |name: &str| run(&mut podman(&["image", "inspect", "--format", "{{.Id}}", name])).stdout;
        let before = id(&name);
        run(&mut podman(&["rmi", "-f", &name]));
        run(&mut podman(&["login", "--tls-verify=false", "-u", READER.0, "-p", READER.1, host]));
        run(&mut podman(&["pull", "-q", "--tls-verify=false", &name]));
        assert_eq!(id(&name), before, "{}", registry.kind);
        refused(&mut podman(&["push", "-q", "--tls-verify=false", &name]));
        run(&mut podman(&["logout", host]));
        run(&mut podman(&["rmi", "-f", &name]));
        refused(&mut podman(&["pull", "-q", "--tls-verify=false", &name]));
    });
}

/// Python with oras: the virtual environment that `.ci/run` makes, or another one.
#[expect(clippy::print_stderr, reason = "a skip says why, to whoever runs the tests")]
fn python() -> Option<PathBuf> {
    let made = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/clients/bin/python3");
    let python = std::env::var_os("SHAKEDOWN_CLIENTS_PYTHON").map_or(made, PathBuf::from);
    let found = Command::new(&python).args(["-c", "import oras"]).output().is_ok_and(|output| output.status.success());
    assert!(found || std::env::var_os("CI").is_none(), "oras is not installed, and in CI that is an error");
    if !found {
        eprintln!("skipped: {} has no oras (pip install oras)", python.display());
    }
    found.then_some(python)
}

#[test]
fn oras_does_all_it_can() {
    let Some(python) = python() else { return };
    Guarded::each(|registry, home| {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts/oras_client.py");
        let mut command = clean(python.to_str().unwrap(), home);
        command.arg(script).args([
            registry.kind,
            &registry.authority,
            home.to_str().unwrap(),
            ANN.0,
            ANN.1,
            READER.0,
            READER.1,
        ]);
        let output = run(&mut command);
        assert!(String::from_utf8_lossy(&output.stdout).contains("all good"), "{}", registry.kind);
    });
}
