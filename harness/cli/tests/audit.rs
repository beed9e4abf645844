//! `shakedown audit` and `gc` on buckets that real registries wrote, and on seeded damage: each kind is found, exactly.

mod support;

use std::path::Path;
use std::process::Command;

use shakedown_s3::ObjectEntry;
use shakedown_s3::control::ControlClient;
use shakedown_wire::network::{self, NetworkOptions};
use support::{SHAKEDOWN, clean, docker_registry, have, oci_layout, serve, skopeo_copy, word_after};

const ROOT: &str = "docker/registry/v2";

/// The mock with its control interface.
struct Store {
    _running: support::Running,
    endpoint: String,
    control: ControlClient,
    runtime: tokio::runtime::Runtime,
}

impl Store {
    fn start(home: &Path) -> Self {
        let (running, ready) = serve(&["s3", "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0"], home);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let party = runtime.block_on(async { network::client(&NetworkOptions::default()) });
        let control = ControlClient::new(party, word_after(&ready, "control on "));
        Self { _running: running, endpoint: word_after(&ready, "S3 on ").to_owned(), control, runtime }
    }

    fn objects(&self) -> Vec<ObjectEntry> {
        self.runtime.block_on(self.control.objects("lab", "")).unwrap()
    }

    /// The one key that contains all these texts.
    fn key(&self, parts: &[&str]) -> String {
        let fits = |entry: &ObjectEntry| parts.iter().all(|part| entry.key.contains(part));
        let found: Vec<_> = self.objects().into_iter().filter(fits).collect();
        assert_eq!(found.len(), 1, "{parts:?}: {found:#?}");
        found[0].key.clone()
    }

    fn put(&self, key: &str, text: &str) {
        self.runtime.block_on(self.control.put("lab", key, text.to_owned())).unwrap();
    }

    fn delete(&self, key: &str) {
        assert!(self.runtime.block_on(self.control.delete("lab", key)).unwrap(), "{key}");
    }

    fn command(&self, name: &str, home: &Path) -> Command {
        let mut command = clean(SHAKEDOWN, home);
        command.env("AWS_ACCESS_KEY_ID", "shakedown").env("AWS_SECRET_ACCESS_KEY", "shakedown-secret");
        command.args([name, "--s3-endpoint", &self.endpoint, "--bucket", "lab"]);
        command
    }

    /// Exit code, and how many findings of which kind.
    fn audit(&self, home: &Path) -> (i32, Vec<(String, u64)>) {
        let output = self.command("audit", home).args(["--deep", "--in-flight", "0s", "--json"]).output().unwrap();
        let text = String::from_utf8(output.stdout.clone()).unwrap();
        let json: serde_json::Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {output:?}"));
        let group =
            |group: &serde_json::Value| (group["kind"].as_str().unwrap().to_owned(), group["count"].as_u64().unwrap());
        (output.status.code().unwrap(), json["groups"].as_array().unwrap().iter().map(group).collect())
    }
}

fn kinds(found: &[(&str, u64)]) -> Vec<(String, u64)> {
    found.iter().map(|(kind, count)| ((*kind).to_owned(), *count)).collect()
}

/// A bucket with two repositories of docker-registry 2.8.2, or `None` if a program is missing.
fn written(home: &Path) -> Option<Store> {
    if !have("skopeo") || !have("docker-registry") {
        return None;
    }
    let store = Store::start(home);
    let (registry, address) = docker_registry(&store.endpoint, "lab", false, home);
    let image = oci_layout(&home.join("in"), &[40_000, 4096]);
    for name in ["lab/app:1", "lab/app:2", "other:1"] {
        skopeo_copy(&format!("oci:{}:1", image.display()), &format!("docker://{address}/{name}"), home);
    }
    assert!(registry.terminate().code().is_none_or(|code| code < 128));
    Some(store)
}

fn shown(output: &std::process::Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!text.contains("shakedown-secret"));
    text
}

#[test]
fn a_bucket_of_docker_registry_is_clean_and_each_damage_is_found_exactly() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let Some(store) = written(home) else { return };
    let output = store.command("audit", home).args(["--deep", "--in-flight", "0s"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(shown(&output).starts_with("clean: the bucket (2 repositories, 3 tags, 2 manifests; "), "{output:?}");
    assert_eq!(store.audit(home), (0, vec![]));

    let tag = store.key(&["lab/app/_manifests/tags/2/current/link"]);
    store.put(&tag, "");
    assert_eq!(store.audit(home), (1, kinds(&[("broken-link", 1)])));
    store.put(&tag, &format!("sha256:{}", "0".repeat(64)));
    assert_eq!(store.audit(home), (1, kinds(&[("dangling-tag", 1)])));
    store.delete(&tag);
    assert_eq!(store.audit(home), (1, kinds(&[("tag-without-target", 1)])));
    store.delete(&store.key(&["lab/app/_manifests/tags/2/index"]));
    assert_eq!(store.audit(home), (0, vec![]));

    store.put(&format!("{ROOT}/repositories/lab/app/_uploads/0000/startedat"), "2026-01-01T00:00:00Z");
    store.put("backup.tar", "not of a registry");
    let leak = shakedown_oci::Digest::of(b"nobody's");
    store.put(&format!("{ROOT}/blobs/sha256/{}/{}/data", &leak.hex()[..2], leak.hex()), "nobody's");
    let waste = kinds(&[("foreign-key", 1), ("leaked-blob", 1), ("orphan-upload", 1)]);
    assert_eq!(store.audit(home), (1, waste));
    let output = store.command("audit", home).args(["--in-flight", "0s"]).output().unwrap();
    insta::assert_snapshot!("waste", shown(&output).replace(leak.hex(), "HEX"));
    store.delete("backup.tar");
    let output = store.command("gc", home).args(["--grace", "0s", "--purge-older", "0s", "--alone"]).output().unwrap();
    insta::assert_snapshot!("gc_dry_run", shown(&output));
    assert_eq!(store.audit(home).1.len(), 2, "nothing was deleted");
    let mut gc = store.command("gc", home);
    let output = gc.args(["--grace", "0s", "--purge-older", "0s", "--alone", "--delete"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(store.audit(home), (0, vec![]), "{}", shown(&output));

    let layers: Vec<_> =
        store.objects().into_iter().filter(|entry| entry.key.ends_with("/data") && entry.size == 40_000).collect();
    let [layer] = layers.as_slice() else { panic!("{layers:#?}") };
    store.runtime.block_on(store.control.corrupt("lab", &layer.key, 100)).unwrap();
    assert_eq!(store.audit(home), (1, kinds(&[("corrupt-blob", 1)])));
    store.runtime.block_on(store.control.truncate("lab", &layer.key, 100)).unwrap();
    assert_eq!(store.audit(home), (1, kinds(&[("truncated-blob", 2), ("corrupt-blob", 1)])), "both images need it");
    store.delete(&layer.key);
    assert_eq!(store.audit(home), (1, kinds(&[("missing-blob", 2), ("dangling-layer", 2)])));
}

#[test]
fn a_registry_is_compared_with_its_bucket_and_two_sites_with_each_other() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let Some(store) = written(home) else { return };
    let (registry, address) = docker_registry(&store.endpoint, "lab", false, home);
    let against_bucket = |expected: i32| {
        let output = store.command("audit", home).args(["--registry", &format!("http://{address}"), "--json"]).output();
        let output = output.unwrap();
        assert_eq!(output.status.code(), Some(expected), "{output:?}");
        shown(&output)
    };
    against_bucket(0);
    store.delete(&store.key(&["/lab/app/_manifests/tags/1/current/link"]));
    let found = against_bucket(1);
    assert!(found.contains("ghost-tag"), "docker-registry lists a tag without current/link (I03): {found}");

    let image = oci_layout(&home.join("other"), &[5000]);
    let (_second, ready) = serve(&["registry", "--listen", "127.0.0.1:0"], home);
    let second = word_after(&ready, "on http://");
    let compare = || {
        let (a, b) = (format!("http://{address}"), format!("http://{second}"));
        clean(SHAKEDOWN, home).args(["audit", "--registry", &a, "--against", &b]).output().unwrap()
    };
    skopeo_copy(&format!("docker://{address}/other:1"), &format!("docker://{second}/other:1"), home);
    skopeo_copy(&format!("oci:{}:1", image.display()), &format!("docker://{second}/lab/app:2"), home);
    let output = compare();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let text = shown(&output);
    assert!(text.contains("different-tag  1") && text.contains("lab/app:2"), "{text}");
    skopeo_copy(&format!("docker://{address}/lab/app:2"), &format!("docker://{second}/lab/app:2"), home);
    let text = shown(&compare());
    assert!(!text.contains("different-tag") && !text.contains("missing-tag"), "{text}");
    drop(registry);
    let output = compare();
    assert_eq!(output.status.code(), Some(3), "a site that does not answer is no finding: {output:?}");
}

#[test]
fn what_cannot_be_read_is_told_apart_from_what_is_wrong() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let store = Store::start(home);
    let code = |command: &mut Command| {
        let output = command.output().unwrap();
        assert!(!String::from_utf8_lossy(&output.stderr).contains("wrong-secret"));
        (output.status.code().unwrap(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    assert_eq!(code(&mut store.command("audit", home)).0, 0, "an empty bucket is clean");
    let (exit, text) = code(store.command("audit", home).env("AWS_SECRET_ACCESS_KEY", "wrong-secret"));
    assert_eq!(exit, 3, "{text}");
    let (exit, text) = code(store.command("audit", home).env_remove("AWS_ACCESS_KEY_ID"));
    assert_eq!(exit, 2, "{text}");
    assert!(text.contains("AWS_ACCESS_KEY_ID is not set"), "{text}");
    let (exit, _) = code(clean(SHAKEDOWN, home).args(["audit", "--registry", "http://127.0.0.1:1"]));
    assert_eq!(exit, 2);
}

/// What loads stand on: the audit shares no code with whoever makes it.
#[test]
fn a_bucket_that_a_load_fills_is_in_order() {
    let home = tempfile::tempdir().unwrap();
    let store = Store::start(home.path());
    let text = "title: x\ncount: 1\nstorage: { grown: { tags: 20, blobs: 30 } }\noperations: [{ list-tags: {} }]\n";
    let load: shakedown_load::LoadFile = serde_saphyr::from_str(text).unwrap();
    let mut manifest = None;
    for (key, bytes) in load.grown("load").unwrap() {
        store.put(&key, std::str::from_utf8(&bytes).unwrap());
        manifest = manifest.or((bytes.len() > 100).then_some(key));
    }
    // Nobody's manifest needs most of the blobs; all else is as it should be.
    let (code, found) = store.audit(home.path());
    assert_eq!((code, found), (1, kinds(&[("leaked-blob", 14)])));
    store.delete(&manifest.unwrap());
    let found: Vec<_> = store.audit(home.path()).1.into_iter().map(|(kind, _)| kind).collect();
    assert!(found.contains(&"dangling-revision".to_owned()), "the audit looks at it: {found:?}");
}
