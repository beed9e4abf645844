//! Loads on storage that is large: what an operation costs does not grow with the repository, and content beyond memory lies on disk.

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;
use support::{Running, SHAKEDOWN, clean, have, run};

/// What a load of 40 operations asks of the storage: requests by S3 operation, and bytes of answers; and how long it took.
struct Cost {
    requests: BTreeMap<String, u64>,
    bytes_out: u64,
    seconds: u64,
}

fn cost(system: &str, grown: &str, operation: &str) -> Cost {
    let dir = tempfile::tempdir().unwrap();
    let text = format!("title: x\ncount: 40\nworkers: 1\nstorage: {{ {grown} }}\noperations: [{{ {operation} }}]\n");
    std::fs::write(dir.path().join("load.yaml"), text).unwrap();
    let args = ["bench", "load.yaml", "--in-process", "--rounds", "1", "--system", system];
    run(clean(SHAKEDOWN, dir.path()).current_dir(dir.path()).args(args));
    let text = std::fs::read_to_string(dir.path().join("shakedown-report/bench.json")).unwrap();
    let report: Value = serde_json::from_str(&text).unwrap();
    let system = &report["loads"][0]["systems"][0];
    assert!(system["operations"].as_object().unwrap().values().all(|operation| operation["errors"] == 0), "{system}");
    let storage = &system["storage"];
    let of = |(name, count): (&String, &Value)| (name.clone(), count.as_u64().unwrap());
    let requests = storage["by_operation"].as_object().unwrap().iter().map(of).collect();
    let wall_us: u64 =
        system["rounds"].as_array().unwrap().iter().map(|round| round["wall_us"].as_u64().unwrap()).sum();
    Cost { requests, bytes_out: storage["bytes_out"].as_u64().unwrap(), seconds: wall_us / 1_000_000 }
}

impl Cost {
    /// True if both are the same but for the looks for a garbage collection that a registry takes every five seconds: each push that goes on
    /// then looks, of which an image of two layers has three at one time.
    fn is(&self, other: &Self) -> bool {
        const LOOK: &str = "GetObject";
        let looks = 3 * (1 + self.seconds.max(other.seconds) / 5);
        let all = self.requests.keys().chain(other.requests.keys());
        let of = |cost: &Self, name: &String| cost.requests.get(name).copied().unwrap_or_default();
        let mut same = all.map(|name| (name, of(self, name).abs_diff(of(other, name))));
        // An answer to such a look has some 300 bytes.
        let bytes = self.bytes_out.abs_diff(other.bytes_out);
        same.all(|(name, more)| more == 0 || (name == LOOK && more <= looks)) && bytes <= looks * 400
    }
}

const GROWN: &str = "grown: { tags: 2000, blobs: 5000 }";

#[test]
fn an_operation_costs_the_same_in_a_repository_that_has_grown() {
    for operation in [
        "push-blob: { size: 1KiB, by: post-patch-put }",
        "pull-blob: { size: 1KiB, of: 4 }",
        "head-blob: { size: 1KiB, of: 4 }",
        "mount: { size: 1KiB, of: 4 }",
        "push-manifest: {}",
        "pull-manifest: { of: 4 }",
        "push-image: { layers: 2, size: 1KiB }",
    ] {
        let (empty, grown) = (cost("reference", "", operation), cost("reference", GROWN, operation));
        assert!(
            empty.is(&grown),
            "{operation}: {:?} {} grown {:?} {}",
            empty.requests,
            empty.bytes_out,
            grown.requests,
            grown.bytes_out
        );
    }
}

#[test]
fn a_page_of_tags_costs_the_same_among_few_and_many_and_who_reads_all_of_them_is_seen() {
    const PAGE: &str = "list-tags: { page: 20 }";
    let (few, many) = (cost("reference", "grown: { tags: 100 }", PAGE), cost("reference", GROWN, PAGE));
    assert!(few.is(&many), "{:?} {} grown {:?} {}", few.requests, few.bytes_out, many.requests, many.bytes_out);
    // A listing without pages is as long as the tags are many.
    const ALL: &str = "list-tags: {}";
    let (few, many) = (cost("reference", "grown: { tags: 100 }", ALL), cost("reference", GROWN, ALL));
    assert!(!few.is(&many) && many.bytes_out > 5 * few.bytes_out, "{} {}", few.bytes_out, many.bytes_out);
    if have("docker-registry") {
        let system = "distribution-2.8";
        let (few, many) = (cost(system, "grown: { tags: 100 }", PAGE), cost(system, GROWN, PAGE));
        assert!(!few.is(&many), "{:?} {} grown {:?} {}", few.requests, few.bytes_out, many.requests, many.bytes_out);
    }
}

/// Folders of storage in `place`, with the bytes of the files in each.
fn folders(place: &Path) -> Vec<(PathBuf, u64)> {
    let entries = |path: &Path| std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    let sizes = |folder: &Path| {
        let files = if folder.join("data").is_dir() { entries(&folder.join("data")) } else { Vec::new() };
        files.iter().filter_map(|file| Some(file.metadata().ok()?.len())).sum()
    };
    let folders = entries(place).into_iter().filter(|path| path.join("index.ndjson").is_file());
    folders.map(|folder| (folder.clone(), sizes(&folder))).collect()
}

fn on_disk(dir: &Path, size: &str) {
    let text = format!(
        "title: x\ncount: 1000\nworkers: 1\nstorage: {{ fast-etags: true, on-disk: true }}\noperations:\n\
         - pull-blob: {{ size: {size}, of: 1, check: length }}\n"
    );
    std::fs::write(dir.join("large.yaml"), text).unwrap();
    std::fs::create_dir_all(dir.join("tmp")).unwrap();
}

#[test]
fn a_storage_on_disk_is_files_and_is_gone_after_ctrl_c() {
    const SIZE: u64 = 64 << 20;
    let dir = tempfile::tempdir().unwrap();
    on_disk(dir.path(), "64MiB");
    let mut command = clean(SHAKEDOWN, dir.path());
    command.current_dir(dir.path()).env("TMPDIR", dir.path().join("tmp"));
    command.args(["-v", "bench", "large.yaml", "--rounds", "1000"]);
    let running = Running::start(command);
    let told = running.line_with("storage of reference: files in");
    running.line_with("round 1 of 1000 on reference");
    let [(folder, bytes)] = &folders(&dir.path().join("tmp"))[..] else { panic!("one folder: {told}") };
    assert!(told.contains(folder.to_str().unwrap()), "{told}");
    assert!((SIZE..SIZE + (1 << 20)).contains(bytes), "the blob and what leads to it: {bytes}");
    assert_eq!(running.interrupt().code(), Some(130));
    assert_eq!(std::fs::read_dir(dir.path().join("tmp")).unwrap().count(), 0, "nothing stays behind");
}

#[test]
fn a_storage_on_disk_goes_with_its_load_and_one_that_has_no_room_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    on_disk(dir.path(), "1MiB");
    let bench = || {
        let mut command = clean(SHAKEDOWN, dir.path());
        command.current_dir(dir.path()).env("TMPDIR", dir.path().join("tmp"));
        command.args(["bench", "large.yaml", "--count", "2", "--in-process"]);
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, err) = bench();
    assert_eq!((code, err.contains("files in")), (Some(0), true), "{err}");
    assert_eq!(std::fs::read_dir(dir.path().join("tmp")).unwrap().count(), 0);
    on_disk(dir.path(), "900000GiB");
    let (code, err) = bench();
    assert_eq!(code, Some(3), "{err}");
    assert!(err.contains("MiB are free and 921600000 MiB are needed") && err.contains("TMPDIR"), "{err}");
}
