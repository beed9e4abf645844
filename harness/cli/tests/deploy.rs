//! `deploy/` does what it says: the Kubernetes manifests are what its API takes and their containers run here as processes, with a folder for the
//! bucket; the compose file runs in the engine, on an image of this very program.

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{Container, PodSpec};
use serde_json::Value;
use support::{SHAKEDOWN, clean, have, run, serve, word_after};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

fn deploy(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy").join(name).canonicalize().expect("it is there")
}

/// A time to start, as `date` writes it.
fn in_seconds(seconds: u64) -> String {
    let time = OffsetDateTime::from(shakedown_wire::Clock::real_time().now() + Duration::from_secs(seconds));
    time.replace_nanosecond(0).expect("0 is one").format(&Rfc3339).expect("it can be written")
}

fn render(what: &str, settings: &[(&str, &str)]) -> Result<String, String> {
    let output =
        clean("bash", Path::new("/tmp")).arg(deploy("kubernetes/render")).arg(what).envs(settings.to_vec()).output();
    let output = output.expect("bash starts");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

/// The Job, and what is wrong with it.
fn job(manifest: &str) -> (Job, Vec<String>) {
    let documents: Vec<Value> = serde_saphyr::from_multiple(manifest).expect("YAML");
    assert_eq!(documents.len(), 1, "one Job in each manifest");
    let mut problems = Vec::new();
    for (field, wanted) in [("apiVersion", "batch/v1"), ("kind", "Job")] {
        if documents[0][field] != wanted {
            problems.push(format!("{field} is {}", documents[0][field]));
        }
    }
    let job: Job = serde_json::from_value(documents[0].clone()).unwrap_or_else(|error| {
        problems.push(error.to_string());
        Job::default()
    });
    // Kubernetes' types pass over what they do not know: it is missing when they are written again.
    let again = serde_json::to_value(&job).expect("JSON");
    if again != documents[0] {
        problems.push(format!("fields are not Kubernetes': {} written again is {again}", documents[0]));
    }
    let pod = pod(&job);
    let volumes: Vec<_> = pod.volumes.iter().flatten().map(|volume| &volume.name).collect();
    for mount in containers(&pod).iter().flat_map(|container| container.volume_mounts.iter().flatten()) {
        if !volumes.contains(&&mount.name) {
            problems.push(format!("no volume {}", mount.name));
        }
    }
    (job, problems)
}

fn pod(job: &Job) -> PodSpec {
    job.spec.clone().and_then(|spec| spec.template.spec).unwrap_or_default()
}

fn containers(pod: &PodSpec) -> Vec<Container> {
    pod.init_containers.iter().flatten().chain(&pod.containers).cloned().collect()
}

/// What must hold of the Job that makes the load.
fn is_spread(job: &Job) -> Vec<String> {
    let spec = job.spec.clone().unwrap_or_default();
    let mut problems = Vec::new();
    let mut must = |holds: bool, what: &str| problems.extend((!holds).then(|| what.to_owned()));
    must(spec.completion_mode.as_deref() == Some("Indexed"), "pods have no index");
    must(spec.completions.is_some() && spec.completions == spec.parallelism, "not all parts run at the same time");
    must(spec.backoff_limit_per_index == Some(0), "a part would be repeated alone");
    must(spec.max_failed_indexes == spec.completions, "a part that fails would end the others");
    must(pod(job).restart_policy.as_deref() == Some("Never"), "a part would be repeated alone");
    let parts = format!("index/{}", spec.completions.unwrap_or_default());
    let args: Vec<_> =
        containers(&pod(job)).into_iter().flat_map(|container| container.args.unwrap_or_default()).collect();
    must(args.windows(2).any(|pair| pair[0] == "--shard" && pair[1] == parts), "the shard is not that of the pod");
    must(args.iter().any(|arg| arg == "--start-at"), "the parts do not begin together");
    problems
}

const SETTINGS: [(&str, &str); 3] = [("RUN", "monday"), ("SYSTEM", "http://127.0.0.1:1"), ("BUCKET", "lab")];

#[test]
fn the_manifests_are_what_kubernetes_takes() {
    for what in ["load", "merge"] {
        let (_, problems) = job(&render(what, &SETTINGS).unwrap());
        assert_eq!(problems, Vec::<String>::new(), "{what}");
    }
    let manifest = render("load", &SETTINGS).unwrap();
    assert_eq!(is_spread(&job(&manifest).0), Vec::<String>::new());
    // Each mistake is seen.
    for (right, wrong) in [
        ("completionMode", "completionsMode"),
        ("apiVersion: batch/v1", "apiVersion: batch/v2"),
        ("runAsUser: 65532", "runAsUser: nobody"),
        ("mountPath: /results }]", "mountPath: /results, sub: x }]"),
        ("{ name: results, mountPath", "{ name: result, mountPath"),
    ] {
        let broken = manifest.replacen(right, wrong, 1);
        assert!(broken != manifest && !job(&broken).1.is_empty(), "{wrong} is not seen");
    }
    for (right, wrong) in [
        ("parallelism: 4", "parallelism: 3"),
        ("completionMode: Indexed", "completionMode: NonIndexed"),
        ("index/4", "index/5"),
        ("--start-at", "--started"),
        ("backoffLimitPerIndex: 0", "backoffLimitPerIndex: 1"),
        ("restartPolicy: Never", "restartPolicy: OnFailure"),
    ] {
        let broken = manifest.replacen(right, wrong, 1);
        assert!(broken != manifest && !is_spread(&job(&broken).0).is_empty(), "{wrong} is not seen");
    }
}

#[test]
fn what_is_rendered_cannot_break_out_of_its_place() {
    for (name, value, word) in [
        ("RUN", "Monday", "RUN must be a name"),
        ("SYSTEM", "", "SYSTEM must be set"),
        ("SYSTEM", "http://x\" }", "SYSTEM holds a character"),
        ("BUCKET", "a\nb", "BUCKET holds a character"),
        ("SHARDS", "0", "SHARDS must be"),
    ] {
        let told = render("load", &[&SETTINGS[..], &[(name, value)]].concat()).unwrap_err();
        assert!(told.contains(word), "{name}={value}: {told}");
    }
    assert!(render("all", &SETTINGS).unwrap_err().contains("load or merge"));
}

/// Stands for the program of the same name: a folder is its bucket.
const AWS: &str = r#"#!/bin/sh
shift 2
[ "$1" = --recursive ] && shift
place() { echo "$1" | sed "s|^s3://|$BUCKETS/|"; }
mkdir -p "$(dirname "$(place "$2")")" && cp -r "$(place "$1")" "$(place "$2")"
"#;

/// What the containers find in their images.
fn images(dir: &Path) {
    let bin = dir.join("bin");
    std::fs::create_dir(&bin).unwrap();
    std::fs::write(bin.join("aws"), AWS).unwrap();
    run(Command::new("chmod").arg("+x").arg(bin.join("aws")));
    std::os::unix::fs::symlink(SHAKEDOWN, bin.join("shakedown")).unwrap();
}

/// A container as a process. Its `/results` is a folder here, and it ends within a minute.
fn process(container: &Container, index: usize, dir: &Path) -> Command {
    started_by(&["timeout", "60"], container, index, dir)
}

fn started_by(starter: &[&str], container: &Container, index: usize, dir: &Path) -> Command {
    let results = dir.join(format!("pod-{index}"));
    std::fs::create_dir_all(&results).expect("writable");
    let own = vec![SHAKEDOWN.to_owned()];
    let words = container.command.as_ref().unwrap_or(&own).iter().chain(container.args.iter().flatten());
    let mut command = clean(starter[0], dir);
    let paths = std::env::var("PATH").expect("there is one");
    command.args(&starter[1..]).args(words.map(|word| word.replace("/results", results.to_str().expect("UTF-8"))));
    command.env("PATH", format!("{}:{paths}", dir.join("bin").display())).env("BUCKETS", dir.join("buckets"));
    command.env("JOB_COMPLETION_INDEX", index.to_string()).env("SHAKEDOWN_COUNT", "41");
    command
}

/// What a report counts, by operation: done, failed, bytes.
fn counts(path: &Path) -> Vec<(String, [u64; 3])> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let report: Value = serde_json::from_str(&text).unwrap();
    let operations = report["loads"][0]["systems"][0]["operations"].as_object().unwrap();
    let number = |of: &Value, field: &str| of[field].as_u64().unwrap();
    operations
        .iter()
        .map(|(kind, of)| (kind.clone(), ["count", "errors", "bytes"].map(|field| number(of, field))))
        .collect()
}

/// The whole has each operation of each part, once.
fn is_the_sum(whole: &Path, parts: &[PathBuf], count: u64) {
    let whole = counts(whole);
    let parts: Vec<_> = parts.iter().flat_map(|part| counts(part)).collect();
    for (kind, counted) in &whole {
        let of_parts = parts.iter().filter(|(part, _)| part == kind);
        let sum = of_parts.fold([0; 3], |sum, (_, part)| [0, 1, 2].map(|field| sum[field] + part[field]));
        assert_eq!(*counted, sum, "{kind}");
    }
    assert_eq!(whole.iter().map(|(_, [done, failed, _])| done + failed).sum::<u64>(), count);
    assert_eq!(whole.iter().map(|(_, [_, failed, _])| failed).sum::<u64>(), 0);
}

/// Every flag of the manifests is parsed by the program itself, and the reports go through the bucket.
#[test]
fn the_pods_of_the_manifests_run_here() {
    let dir = tempfile::tempdir().unwrap();
    images(dir.path());
    let (_registry, ready) = serve(&["registry", "--listen", "127.0.0.1:0"], dir.path());
    let system = format!("http://{}", word_after(&ready, "on http://"));
    let start = in_seconds(10);
    let settings = [
        ("RUN", "monday"),
        ("SYSTEM", &*system),
        ("BUCKET", "lab"),
        ("SHARDS", "3"),
        ("LOAD", "small-pulls"),
        ("START_AT", &*start),
    ];
    let (load, problems) = job(&render("load", &settings).unwrap());
    assert_eq!(problems, Vec::<String>::new());
    let mut running = Vec::new();
    for index in 0..3 {
        for container in containers(&pod(&load)) {
            running.push(support::Running::start(process(&container, index, dir.path())));
        }
    }
    for part in running {
        let (status, lines) = part.end();
        assert!(status.success(), "{status}: {lines:#?}");
    }
    let parts = dir.path().join("buckets/lab/monday/parts");
    let parts: Vec<_> = (0..3).map(|index| parts.join(format!("{index}.json"))).collect();
    let (merge, problems) = job(&render("merge", &settings).unwrap());
    assert_eq!(problems, Vec::<String>::new());
    for container in containers(&pod(&merge)) {
        run(&mut process(&container, 9, dir.path()));
    }
    is_the_sum(&dir.path().join("buckets/lab/monday/whole.json"), &parts, 41);
}

/// A load that ends before its report, by itself or because it is killed, ends its pod: nobody waits for what does not come.
#[test]
fn a_pod_whose_load_has_no_report_ends_with_it() {
    let dir = tempfile::tempdir().unwrap();
    images(dir.path());
    let (_registry, ready) = serve(&["registry", "--listen", "127.0.0.1:0"], dir.path());
    let system = format!("http://{}", word_after(&ready, "on http://"));
    let soon = in_seconds(600);
    for (index, (start, killed)) in [("2020-01-01T00:00:00Z", false), (&*soon, true)].into_iter().enumerate() {
        let settings = [("SYSTEM", &*system), ("START_AT", start), ("LOAD", "small-pulls")];
        let (load, problems) = job(&render("load", &[&SETTINGS[..], &settings].concat()).unwrap());
        assert_eq!(problems, Vec::<String>::new());
        let [bench, upload] = &containers(&pod(&load))[..] else { panic!("two containers") };
        // `env` makes way for the container, so what is killed is the load itself.
        let mut bench = support::Running::start(started_by(&["env"], bench, index, dir.path()));
        let upload = support::Running::start(process(upload, index, dir.path()));
        if killed {
            bench.line_with("load small-pulls:");
            bench.kill();
        } else {
            assert_eq!(bench.end().0.code(), Some(2), "its start was years ago");
        }
        let (status, lines) = upload.end();
        assert_eq!(status.code(), Some(1), "{lines:#?}");
        assert!(lines.iter().any(|line| line.contains("without a report")), "{lines:#?}");
    }
    assert!(!dir.path().join("buckets").exists());
}

/// What is set in the compose file is read by the program: an unknown name would be passed over.
#[test]
fn the_compose_file_sets_only_what_the_program_reads() {
    let text = std::fs::read_to_string(deploy("compose/docker-compose.yml")).unwrap();
    let file: Value = serde_saphyr::from_str(&text).unwrap();
    let mut seen = 0;
    for (name, service) in file["services"].as_object().unwrap() {
        let words: Vec<_> = service["command"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let help = run(clean(SHAKEDOWN, Path::new("/tmp")).arg(words[0]).arg("--help"));
        let help = String::from_utf8(help.stdout).unwrap();
        for variable in service["environment"].as_object().into_iter().flatten().map(|(name, _)| name) {
            assert!(
                help.contains(&format!("[env: {variable}=")),
                "{name} sets {variable}, which `{}` does not read",
                words[0]
            );
            seen += 1;
        }
    }
    assert!(seen >= 4 * 5, "{seen}");
}

/// A compose project of its own name, and the image that it runs; both are gone when it is dropped.
struct Project {
    name: String,
    image: String,
    start: String,
}

impl Project {
    fn new() -> Self {
        let name = format!("shakedown-deploy-{}", std::process::id());
        Self { image: format!("shakedown-test/deploy:{}", std::process::id()), name, start: in_seconds(30) }
    }

    fn compose(&self, args: &[&str]) -> Command {
        let mut command = clean("timeout", Path::new("/tmp"));
        command
            .args(["300", "docker-compose", "-p", &self.name, "-f"])
            .arg(deploy("compose/docker-compose.yml"))
            .args(args);
        command.env("SHAKEDOWN_IMAGE", &self.image).env("SHAKEDOWN_START_AT", &self.start);
        command.env("SHAKEDOWN_COUNT", "203").env("SHAKEDOWN_WORKERS", "3").env("LOAD", "small-pushes");
        command
    }

    /// The ids of what there is of it.
    fn left(&self, what: &[&str]) -> Vec<String> {
        let label = format!("label=com.docker.compose.project={}", self.name);
        let output = run(Command::new("docker").args(what).args(["-q", "--filter", &label]));
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
    }

    fn down(&self) {
        run(&mut self.compose(&["down", "-v", "--timeout", "2"]));
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        let _ = self.compose(&["down", "-v", "--timeout", "2"]).output();
        let _ = Command::new("docker").args(["rmi", "-f", &self.image]).output();
    }
}

/// True if there is an engine, compose, and an image to build on. In CI all must be there.
#[expect(clippy::print_stderr, reason = "a skip says why, to whoever runs the tests")]
fn have_engine(base: &str) -> bool {
    if !have("docker") || !have("docker-compose") {
        return false;
    }
    let found = Command::new("docker").args(["image", "inspect", base]).output();
    let found = found.is_ok_and(|output| output.status.success());
    assert!(found || std::env::var_os("CI").is_none(), "no image {base}: run .ci/images, and in CI that is an error");
    if !found {
        eprintln!("skipped: no image {base}; .ci/images builds it");
    }
    found
}

#[test]
fn four_agents_of_the_compose_file_are_one_load() {
    const BASE: &str = "shakedown-test/nginx:1";
    if !have_engine(BASE) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let context = dir.path().join("image");
    std::fs::create_dir(&context).unwrap();
    run(Command::new("strip").arg("-o").arg(context.join("shakedown")).arg(SHAKEDOWN));
    let mut project = Project::new();
    let mut build = Command::new("docker");
    build.env("DOCKER_BUILDKIT", "0").args(["build", "-q", "-t", &project.image, "--build-arg"]);
    run(build.arg(format!("BASE={BASE}")).arg("-f").arg(deploy("Dockerfile")).arg(&context));
    project.start = in_seconds(30);

    let output = run(&mut project.compose(&["up", "--no-color", "merge"]));
    let all = project.left(&["ps", "-a"]);
    assert_eq!(all.len(), 6, "a registry, four agents, and what merges");
    for id in &all {
        let format = "{{.Name}} {{.State.ExitCode}}";
        let state = run(Command::new("docker").args(["inspect", "-f", format, id]));
        let state = String::from_utf8(state.stdout).unwrap();
        let printed = run(Command::new("docker").args(["logs", id]));
        assert!(state.trim().ends_with(" 0"), "{state}{printed:?}{output:?}");
    }
    let merge = run(&mut project.compose(&["ps", "-q", "merge"]));
    let from = format!("{}:/results", String::from_utf8(merge.stdout).unwrap().trim());
    run(Command::new("docker").args(["cp", &from]).arg(dir.path().join("results")));
    let parts: Vec<_> = (1..=4).map(|part| dir.path().join(format!("results/{part}/bench.json"))).collect();
    is_the_sum(&dir.path().join("results/whole.json"), &parts, 203);
    // 203 is not a multiple of four: three agents have one more.
    let of_parts: Vec<_> = parts.iter().map(|part| counts(part)[0].1[0]).collect();
    assert_eq!(of_parts, [51, 51, 51, 50]);

    project.down();
    for what in [&["ps", "-a"][..], &["volume", "ls"], &["network", "ls"]] {
        assert_eq!(project.left(what), Vec::<String>::new(), "{what:?}");
    }
}
