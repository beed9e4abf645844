//! Systems in containers, on images that `.ci/images` builds: what one command shows of them, what happens when somebody ends one of the
//! parties, and that nothing is left. In CI an engine and the images must be there; elsewhere the tests say why they do nothing.

mod support;

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use support::{Running, clean, have};

const IMAGES: [&str; 3] = ["shakedown-test/distribution:2.8", "shakedown-test/redis:7", "shakedown-test/nginx:1"];
/// The images as settings of systems.
const VARS: [&str; 6] = [
    "--var",
    "image=shakedown-test/distribution:2.8",
    "--var",
    "redis-image=shakedown-test/redis:7",
    "--var",
    "nginx-image=shakedown-test/nginx:1",
];

/// A plain push, an incident of the storage, a cache (Redis), a restart, a collection of garbage.
const SCENARIOS: &str = "id(push-and-pull[streamed]) | id(async-multipart-create) | id(cache-knows-what-is-gone) | \
                         id(restart-in-an-upload) | id(gc-then-push-again[none])";

fn docker(args: &[&str]) -> String {
    let output = Command::new("docker").args(args).output().expect("docker starts");
    assert!(output.status.success(), "docker {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8").trim().to_owned()
}

/// True if there is an engine with the images. In CI both must be there.
#[expect(clippy::print_stderr, reason = "a skip says why, to whoever runs the tests")]
fn have_images() -> bool {
    if !have("docker") {
        return false;
    }
    let is_here = |image: &&str| {
        Command::new("docker").args(["image", "inspect", image]).output().is_ok_and(|output| output.status.success())
    };
    let missing = IMAGES.iter().find(|image| !is_here(image));
    assert!(
        missing.is_none() || std::env::var_os("CI").is_none(),
        "no image {missing:?}: run .ci/images, and in CI that is an error"
    );
    if let Some(missing) = missing {
        eprintln!("skipped: no image {missing}; .ci/images builds it");
    }
    missing.is_none()
}

/// Containers that this test's own runs have started; all runs of other tests have other owners.
fn containers_of(pid: u32) -> Vec<String> {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let format = "{{.ID}} {{.Label \"shakedown.owner\"}}";
    let all = docker(&["ps", "-a", "--filter", "label=shakedown.owner", "--format", format]);
    let is_ours = |line: &&str| line.contains(host.trim()) && line.contains(&format!("/{pid}/"));
    all.lines().filter(is_ours).map(|line| line.split(' ').next().expect("an id").to_owned()).collect()
}

fn command(args: &[&str], home: &Path) -> Command {
    let mut command = clean(support::SHAKEDOWN, home);
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."));
    command.args(["run", "--color", "never", "--out"]).arg(home.join("out")).args(VARS).args(args);
    command
}

struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

/// Runs to the end; nothing of the run is left then.
fn run(args: &[&str], home: &Path) -> Ran {
    run_with(command(args, home))
}

fn run_with(mut command: Command) -> Ran {
    let child = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn();
    let child = child.expect("it starts");
    let pid = child.id();
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(containers_of(pid), Vec::<String>::new(), "containers are left");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// What the engine keeps besides containers, those of compose files aside: other tests have them.
fn networks_and_volumes() -> (String, String) {
    let networks = docker(&["network", "ls", "--format", "{{.Name}}"]);
    let lasting =
        |names: &str| names.lines().filter(|name| !name.starts_with("shakedown-")).collect::<Vec<_>>().join(" ");
    (lasting(&networks), lasting(&docker(&["volume", "ls", "-q"])))
}

/// The networks of compose files that are up.
fn networks_of_projects() -> String {
    docker(&["network", "ls", "-q", "--filter", "label=shakedown.owner"])
}

#[test]
fn one_table_shows_process_containers_and_what_is_before_them() {
    if !have_images() || !have("docker-registry") {
        return;
    }
    let before = networks_and_volumes();
    let dir = tempfile::tempdir().unwrap();
    let systems = [
        "reference",
        "reference-replicas",
        "distribution-2.8",
        "distribution-2.8-container",
        "distribution-2.8-behind-nginx",
    ];
    let mut args: Vec<_> = systems.iter().flat_map(|system| ["--system", system]).collect();
    args.extend([
        "--require",
        "containers",
        "-E",
        SCENARIOS,
        "scenarios/storage",
        "scenarios/faults",
        "scenarios/life",
    ]);
    let ran = run(&args, dir.path());
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    let table = ran.out.split_once("\nscenario ").unwrap_or_else(|| panic!("no table\n{}", ran.out)).1;
    insta::assert_snapshot!("table", format!("scenario {table}"));
    let markdown = std::fs::read_to_string(dir.path().join("out/side-by-side.md")).unwrap();
    assert!(markdown.contains("| async-multipart-create | passed |"), "{markdown}");
    for system in systems {
        assert!(dir.path().join("out").join(system).join("report.json").is_file(), "{system}");
    }
    // The storage that a container reaches is seen as well as that of a process.
    let json = std::fs::read_to_string(dir.path().join("out/distribution-2.8-container/report.json")).unwrap();
    let report: shakedown_reports::Report = serde_json::from_str(&json).unwrap();
    let incident = report.scenarios.iter().find(|scenario| scenario.id == "async-multipart-create").unwrap();
    assert!(incident.faults_fired > 0 && incident.calls.iter().any(|call| call.to == "s3"), "{:#?}", incident.calls);
    assert!(incident.log.iter().any(|line| line.contains("Path not found")), "{:#?}", incident.log);
    assert_eq!(networks_and_volumes(), before);
}

#[test]
fn a_system_file_limits_what_a_container_may_use() {
    if !have_images() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("small.yaml");
    let text = "title: small\nlike: distribution-2.8-container\nlimits: { cpus: 0.2, memory: 48MiB }\n\
                container: { image: '${image}', port: 5000 }\nready: { path: /, status: 200, within: 60s }\n";
    std::fs::write(&file, text).unwrap();
    let (mut running, pid) = hanging(dir.path(), file.to_str().unwrap(), None);
    let id = &containers_of(pid)[0];
    let limits = docker(&["inspect", "-f", "{{.HostConfig.NanoCpus}} {{.HostConfig.Memory}}", id]);
    assert_eq!(limits, format!("200000000 {}", 48 << 20));
    running.kill();
    run(&["--system", "distribution-2.8-container", "scenarios/storage/push-and-pull.yaml"], dir.path());
    assert_eq!(containers_of(pid), Vec::<String>::new());
}

/// A run that hangs in a push, because the storage answers late; with its pid. Its container runs when this returns.
fn hanging(dir: &Path, system: &str, engine: Option<&str>) -> (Running, u32) {
    let (running, pid) = begun(dir, system, engine);
    let struck = || containers_of(pid).first().is_some_and(|id| printed(id).contains("listening on"));
    wait_until("the container is ready", struck);
    (running, pid)
}

/// The same as soon as it has begun.
fn begun(dir: &Path, system: &str, engine: Option<&str>) -> (Running, u32) {
    let scenario = dir.join("hangs.yaml");
    let text = "title: A push that waits for its storage\nneeds: [tcp]\ngiven:\n  images: { app: { layers: [{ size: 4KiB }] } }\n\
                faults:\n- on: s3\n  when: { operation: PutObject }\n  effect: { delay: { fixed: 60s } }\n\
                steps:\n- push: { image: app, as: \"${repo}:1\" }\n";
    std::fs::write(&scenario, text).unwrap();
    let mut command = command(&["-v", "--system", system, scenario.to_str().unwrap()], dir);
    if let Some(engine) = engine {
        command.env("DOCKER_HOST", engine);
    }
    let running = Running::start(command);
    running.line_with("running  hangs");
    let pid = running.pid();
    (running, pid)
}

/// What a container has printed; nothing if it is gone.
fn printed(id: &str) -> String {
    let output = Command::new("docker").args(["logs", id]).output().expect("docker starts");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(tokio::time::Instant::now() < deadline, "never: {what}");
        std::thread::park_timeout(Duration::from_millis(50));
    }
}

#[test]
fn a_run_that_is_killed_leaves_nothing_behind_after_the_next_start() {
    if !have_images() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (mut running, pid) = hanging(dir.path(), "distribution-2.8-container", None);
    running.kill();
    assert_eq!(containers_of(pid).len(), 1, "nobody could remove it yet");
    let ran = run(&["--system", "distribution-2.8-container", "scenarios/storage/push-and-pull.yaml"], dir.path());
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert_eq!(containers_of(pid), Vec::<String>::new(), "the next start removes it");
}

#[test]
fn a_container_that_is_killed_is_no_failure_of_the_registry() {
    if !have_images() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (running, pid) = hanging(dir.path(), "distribution-2.8-container", None);
    docker(&["kill", &containers_of(pid)[0]]);
    let (status, lines) = running.end();
    let errors: Vec<_> = lines.iter().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!(status.code(), Some(3), "{lines:#?}");
    assert_eq!(
        errors,
        ["error: distribution 2.8 in a container: its container was killed from outside while the scenario ran"]
    );
    assert_eq!(containers_of(pid), Vec::<String>::new());
}

#[test]
fn an_engine_that_goes_away_ends_the_run_with_one_line() {
    if !have_images() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let way = Way::open();
    let (running, pid) = hanging(dir.path(), "distribution-2.8-container", Some(&way.address));
    way.cut();
    docker(&["kill", &containers_of(pid)[0]]);
    ends_with_one_line_and_the_next_removes(running, pid, dir.path());
}

/// The engine is the one cause that is told, and what nobody could remove goes with the next start.
fn ends_with_one_line_and_the_next_removes(running: Running, pid: u32, dir: &Path) {
    let (status, lines) = running.end();
    let errors: Vec<_> = lines.iter().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!((status.code(), errors.len()), (Some(3), 1), "{lines:#?}");
    assert!(errors[0].starts_with("error: no container engine: "), "{lines:#?}");
    let ran = run(&["--system", "distribution-2.8-container", "scenarios/storage/push-and-pull.yaml"], dir);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert_eq!(containers_of(pid), Vec::<String>::new(), "the next start removes what the run could not");
}

#[test]
fn an_engine_that_goes_away_while_a_container_starts_is_the_same_line() {
    if !have_images() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let way = Way::open();
    let (running, pid) = begun(dir.path(), "distribution-2.8-container", Some(&way.address));
    wait_until("there is a container", || !containers_of(pid).is_empty());
    way.cut();
    ends_with_one_line_and_the_next_removes(running, pid, dir.path());
}

/// A way to the engine's socket that can be cut, so that no other user of the engine loses it.
struct Way {
    address: String,
    is_cut: Arc<AtomicBool>,
    clients: Arc<Mutex<Vec<TcpStream>>>,
}

impl Way {
    fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = format!("tcp://{}", listener.local_addr().expect("bound"));
        let (is_cut, clients) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let way = Self { address, is_cut: is_cut.clone(), clients: Arc::clone(&clients) };
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if is_cut.load(Ordering::Relaxed) {
                    continue;
                }
                let engine = UnixStream::connect("/var/run/docker.sock").expect("the engine answers");
                let again = || client.try_clone().expect("a socket");
                clients.lock().expect("no panic while held").push(again());
                pass_on(again(), engine.try_clone().expect("a socket"));
                pass_on(engine, again());
            }
        });
        way
    }

    fn cut(&self) {
        self.is_cut.store(true, Ordering::Relaxed);
        for client in self.clients.lock().expect("no panic while held").drain(..) {
            let _ = client.shutdown(Shutdown::Both);
        }
    }
}

fn pass_on(mut from: impl Read + Send + 'static, mut to: impl Write + Send + 'static) {
    std::thread::spawn(move || std::io::copy(&mut from, &mut to));
}

#[test]
fn without_an_engine_or_an_image_scenarios_are_skipped_unless_containers_are_required() {
    let dir = tempfile::tempdir().unwrap();
    let scenario = "scenarios/storage/push-and-pull.yaml";
    let nowhere = |args: &[&str]| {
        let mut command = command(args, dir.path());
        command.env("DOCKER_HOST", "unix:///nowhere/docker.sock");
        let output = command.output().expect("it starts");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    };
    let skipped = nowhere(&["--system", "zot", scenario]);
    assert_eq!(skipped.code, Some(6), "{}{}", skipped.out, skipped.err);
    assert!(skipped.out.contains("3 skipped") && skipped.out.contains("no container engine"), "{}", skipped.out);
    let required = nowhere(&["--system", "zot", "--require", "containers", scenario]);
    assert_eq!(required.code, Some(3), "{}{}", required.out, required.err);
    assert_eq!(required.err.matches("no container engine").count(), 1, "{}", required.err);
    assert!(required.err.contains("DOCKER_HOST"), "{}", required.err);
    // On a machine with an engine, but without this image.
    if have_images() {
        let image =
            "image=127.0.0.1:9/nobody/has-this@sha256:0000000000000000000000000000000000000000000000000000000000000000";
        let args = ["--system", "distribution-2.8-container", "--require", "containers", "--var", image, scenario];
        let missing = run(&args, dir.path());
        assert_eq!(missing.code, Some(3), "{}{}", missing.out, missing.err);
        assert!(missing.err.contains("no image 127.0.0.1:9/nobody/has-this@sha256:0000"), "{}", missing.err);
    }
}

/// A Podman of this test's own, which has the image that Docker has. Ended when it is dropped.
struct Podman {
    service: std::process::Child,
    address: String,
    config: std::path::PathBuf,
}

impl Podman {
    fn start(dir: &Path) -> Self {
        let (socket, config) = (dir.join("podman.sock"), dir.join("containers.conf"));
        // Where a container may not raise its limits, none of Podman's own start.
        std::fs::write(&config, "[containers]\ndefault_ulimits = [\"nofile=1024:1024\", \"nproc=1024:1024\"]\n")
            .unwrap();
        let address = format!("unix://{}", socket.display());
        let mut command = Command::new("podman");
        command.env("CONTAINERS_CONF", &config).args(["system", "service", "--time", "0", &address]);
        let service = command.stderr(std::process::Stdio::null()).spawn().expect("podman starts");
        let podman = Self { service, address, config };
        wait_until("Podman's socket is there", || socket.exists());
        podman
    }

    fn tell(&self, args: &[&str]) -> Command {
        let mut command = Command::new("podman");
        command.env("CONTAINERS_CONF", &self.config).args(args);
        command
    }

    /// Whether it may run a container where this runs; sandboxes refuse it for reasons of their own.
    #[expect(clippy::print_stderr, reason = "a skip says why, to whoever runs the tests")]
    fn can_run(&self, image: &str) -> bool {
        let mut command = self.tell(&["run", "--rm", "--entrypoint", "/bin/true"]);
        let output = command.arg(format!("localhost/{image}")).stdin(std::process::Stdio::null()).output().unwrap();
        if !output.status.success() {
            eprintln!("skipped: podman runs no container here: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        output.status.success()
    }

    /// Copies an image that Docker has.
    fn copy(&self, image: &str, dir: &Path) {
        let archive = dir.join("image.tar");
        docker(&["save", "-o", archive.to_str().unwrap(), image]);
        support::run(self.tell(&["load", "-q", "-i"]).arg(&archive));
    }
}

impl Drop for Podman {
    fn drop(&mut self) {
        let _ = self.service.kill();
        let _ = self.service.wait();
    }
}

/// All but the collection of garbage, which testcontainers cannot follow there: that is said.
#[test]
fn podman_runs_the_same_systems() {
    if !have_images() || !have("podman") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let podman = Podman::start(dir.path());
    podman.copy(IMAGES[0], dir.path());
    if !podman.can_run(IMAGES[0]) {
        return;
    }
    let image = format!("image=localhost/{}", IMAGES[0]);
    let scenarios = "id(push-and-pull[streamed]) | id(async-multipart-create) | id(gc-then-push-again[none])";
    let args = ["--system", "distribution-2.8-container", "--require", "containers", "--var", &image, "-E", scenarios];
    let mut command = command(&args, dir.path());
    command.args(["scenarios/storage", "scenarios/faults", "scenarios/life"]).env("DOCKER_HOST", &podman.address);
    let ran = run_with(command);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("1 passed, 1 known, 0 failed, 1 skipped of 3"), "{}", ran.out);
    assert!(ran.out.contains("collect garbage on Docker"), "{}", ran.out);
    let left = support::run(
        podman.tell(&["ps", "-aq", "--filter", "label=shakedown.owner"]).stdin(std::process::Stdio::null()),
    );
    assert_eq!(String::from_utf8_lossy(&left.stdout).trim(), "", "containers are left");
}

/// The image is this program, built by the script that users are told of.
#[test]
fn the_reference_registry_runs_in_a_container() {
    if !have_images() {
        return;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.ci/images");
    support::run(Command::new(script).arg(support::SHAKEDOWN));
    let dir = tempfile::tempdir().unwrap();
    let image = "image=shakedown-test/reference:latest";
    let args = ["--system", "reference-container", "--require", "containers", "--var", image, "-E", SCENARIOS];
    let ran = run(&[&args[..], &["scenarios/storage", "scenarios/faults", "scenarios/life"]].concat(), dir.path());
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    // Neither a cache nor a collection of garbage is among its abilities.
    assert!(ran.out.contains("3 passed, 0 failed, 2 skipped of 5"), "{}", ran.out);
}

/// The registry in a container, its store in another, and between them the proxy of this process.
#[test]
fn a_store_in_a_container_is_used_and_removed() {
    if !have_images() {
        return;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.ci/images");
    support::run(Command::new(script).arg(support::SHAKEDOWN));
    let dir = tempfile::tempdir().unwrap();
    let image = format!("image={}", IMAGES[0]);
    let scenarios = "id(push-and-pull[streamed]) | id(complete-200-with-error[an-internal-error])";
    let args =
        ["--system", "reference", "--system", "distribution-2.8-container", "--require", "containers", "--var", &image];
    let store = ["--store", "mock-container", "--var", "store-image=shakedown-test/reference:latest", "-E", scenarios];
    let ran = run(&[&args[..], &store[..], &["scenarios/storage", "scenarios/faults"]].concat(), dir.path());
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("2 passed, 0 failed of 2"), "{}", ran.out);
    assert!(ran.out.contains("1 passed, 1 known, 0 failed of 2"), "{}", ran.out);
}

/// A registry and its Redis by one compose file, one for each scenario; restarted, and everything removed.
#[test]
fn a_compose_file_is_a_system() {
    if !have_images() || !have_compose() {
        return;
    }
    let before = networks_of_projects();
    let dir = tempfile::tempdir().unwrap();
    let scenarios = "id(push-and-pull[streamed]) | id(async-multipart-create) | id(restart-in-an-upload)";
    let args = ["--system", "distribution-2.8-compose", "--require", "containers", "-E", scenarios];
    let ran = run(&[&args[..], &["scenarios/storage", "scenarios/faults", "scenarios/life"]].concat(), dir.path());
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("2 passed, 1 known, 0 failed of 3"), "{}", ran.out);
    let json = std::fs::read_to_string(dir.path().join("out/report.json")).unwrap();
    let report: shakedown_reports::Report = serde_json::from_str(&json).unwrap();
    let incident = report.scenarios.iter().find(|scenario| scenario.id == "async-multipart-create").unwrap();
    assert!(incident.log.iter().any(|line| line.contains("Path not found")), "{:#?}", incident.log);
    assert_eq!(networks_of_projects(), before);
}

/// True if something reads compose files. In CI that must be so.
fn have_compose() -> bool {
    let plugin = Command::new("docker").args(["compose", "version"]).output();
    plugin.is_ok_and(|output| output.status.success()) || have("docker-compose")
}

#[test]
fn without_a_compose_tool_scenarios_are_skipped_unless_containers_are_required() {
    if !have_images() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let nothing = |args: &[&str]| {
        let mut command = command(args, dir.path());
        command
            .args(["--system", "distribution-2.8-compose", "scenarios/storage/push-and-pull.yaml"])
            .env("PATH", dir.path());
        let output = command.output().expect("it starts");
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr),
        )
    };
    let (code, said) = nothing(&[]);
    assert_eq!(code, Some(6), "{said}");
    assert!(said.contains("3 skipped") && said.contains("no compose tool"), "{said}");
    let (code, said) = nothing(&["--require", "containers"]);
    assert_eq!(code, Some(3), "{said}");
}

#[test]
fn a_load_is_made_on_a_container() {
    if !have_images() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("contained.yaml");
    let text = format!(
        "title: contained\nlike: distribution-2.8-container\ncontainer: {{ image: '{}', port: 5000 }}\n\
         ready: {{ path: /, status: 200, within: 60s }}\n",
        IMAGES[0]
    );
    std::fs::write(&file, text).unwrap();
    let mut command = clean(support::SHAKEDOWN, dir.path());
    command.current_dir(dir.path()).args(["bench", "small-pushes", "--count", "20", "--workers", "2", "--rounds", "1"]);
    let ran = run_with({
        command.arg("--system").arg(&file);
        command
    });
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    let json = std::fs::read_to_string(dir.path().join("shakedown-report/bench.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    let system = &report["loads"][0]["systems"][0];
    assert_eq!(
        (&system["operations"]["push-blob"]["count"], &system["operations"]["push-blob"]["errors"]),
        (&20.into(), &0.into())
    );
    assert!(system["storage"]["requests"].as_u64().unwrap() > 100, "{system:#}");
}
