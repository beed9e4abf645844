//! What the tests with real parties share: children that are always reaped, programs that may be missing, OCI layouts.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sha2::{Digest, Sha256};

/// The program under test.
pub const SHAKEDOWN: &str = env!("CARGO_BIN_EXE_shakedown");

/// True if `program` can be started. In CI a missing one is an error; elsewhere the test says why it does nothing.
#[expect(clippy::print_stderr, reason = "a skip says why, to whoever runs the tests")]
pub fn have(program: &str) -> bool {
    let found = std::env::var_os("PATH")
        .is_some_and(|paths| std::env::split_paths(&paths).any(|dir| dir.join(program).is_file()));
    assert!(found || std::env::var_os("CI").is_none(), "{program} is not installed, and in CI that is an error");
    if !found {
        eprintln!("skipped: {program} is not installed");
    }
    found
}

/// A command with nothing of this process's environment but PATH: AWS_* and *_proxy change what real clients do.
pub fn clean(program: &str, home: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home)
        .stdin(Stdio::null());
    command
}

/// A child process with its output; killed when dropped.
pub struct Running {
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
    arrived: std::sync::mpsc::Receiver<String>,
}

impl Running {
    /// Starts it and collects both its outputs.
    pub fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let lines = Arc::new(Mutex::new(Vec::new()));
        let (sender, arrived) = std::sync::mpsc::channel();
        let streams: [Box<dyn Read + Send>; 2] =
            [Box::new(child.stdout.take().expect("piped")), Box::new(child.stderr.take().expect("piped"))];
        for stream in streams {
            let (sender, lines) = (sender.clone(), Arc::clone(&lines));
            std::thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    lines.lock().expect("no panic while held").push(line.clone());
                    let _ = sender.send(line);
                }
            });
        }
        Self { child, lines, arrived }
    }

    /// Waits (bounded) for a line with this text and gives it.
    pub fn line_with(&self, text: &str) -> String {
        loop {
            match self.arrived.recv_timeout(Duration::from_secs(20)) {
                Ok(line) if line.contains(text) => return line,
                Ok(_) => {}
                Err(_) => {
                    panic!("no line with {text:?}; there was: {:#?}", self.lines.lock().expect("no panic while held"))
                }
            }
        }
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for its end; gives all lines, too.
    pub fn end(mut self) -> (ExitStatus, Vec<String>) {
        let status = self.child.wait().expect("the child ends");
        // The readers' channel closes when both outputs have ended.
        while self.arrived.recv().is_ok() {}
        (status, self.lines())
    }

    /// All lines so far.
    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().expect("no panic while held").clone()
    }

    /// SIGTERM, then waits for the end.
    pub fn terminate(self) -> ExitStatus {
        self.end_by("-TERM")
    }

    /// SIGINT, as Ctrl-C sends it, then waits for the end.
    pub fn interrupt(self) -> ExitStatus {
        self.end_by("-INT")
    }

    fn end_by(mut self, signal: &str) -> ExitStatus {
        Command::new("kill").arg(signal).arg(self.child.id().to_string()).status().expect("kill runs");
        self.child.wait().expect("the child ends")
    }

    /// SIGKILL, then waits for the end.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The word after `after` in a ready line.
pub fn word_after<'a>(line: &'a str, after: &str) -> &'a str {
    let rest = line.split_once(after).unwrap_or_else(|| panic!("no {after:?} in {line:?}")).1;
    rest.split([' ', ',', ')']).next().expect("split yields once")
}

/// `shakedown serve ...` on free ports, with its ready line.
pub fn serve(args: &[&str], home: &Path) -> (Running, String) {
    let mut command = clean(SHAKEDOWN, home);
    command.arg("serve").args(args);
    let running = Running::start(command);
    let ready = running.line_with("ready:");
    (running, ready)
}

/// Runs a command to its end; its output is shown if it fails.
pub fn run(command: &mut Command) -> Output {
    let output = command.output().expect("the program starts");
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// Debian's docker-registry 2.8.2 on an S3 endpoint, with the configuration of the field reports.
pub fn docker_registry(endpoint: &str, bucket: &str, redirect: bool, home: &Path) -> (Running, String) {
    let config = home.join("registry.yml");
    let text = format!(
        "version: 0.1
log: {{ level: info, formatter: text }}
storage:
  s3:
    accesskey: shakedown
    secretkey: shakedown-secret
    region: us-east-1
    regionendpoint: {endpoint}
    bucket: {bucket}
    secure: false
    v4auth: true
  redirect: {{ disable: {} }}
  delete: {{ enabled: true }}
http: {{ addr: '127.0.0.1:0', secret: not-a-secret }}
",
        !redirect
    );
    fs::write(&config, text).expect("writable");
    let mut command = clean("docker-registry", home);
    command.arg("serve").arg(&config);
    let running = Running::start(command);
    let line = running.line_with("listening on");
    let address = word_after(&line, "listening on ").trim_end_matches('"').to_owned();
    (running, address)
}

/// `skopeo copy` without TLS and without changing a byte.
pub fn skopeo_copy(from: &str, to: &str, home: &Path) {
    run(&mut skopeo_command(from, to, home));
}

/// The same, not started yet.
pub fn skopeo_command(from: &str, to: &str, home: &Path) -> Command {
    let policy = home.join("policy.json");
    fs::write(&policy, r#"{"default":[{"type":"insecureAcceptAnything"}]}"#).expect("writable");
    let mut command = clean("skopeo", home);
    command.arg("--policy").arg(policy).args([
        "copy",
        "--preserve-digests",
        "--src-tls-verify=false",
        "--dest-tls-verify=false",
    ]);
    command.arg(from).arg(to);
    command
}

/// Writes an OCI layout with layers of these sizes; content differs from layer to layer and does not compress.
pub fn oci_layout(dir: &Path, sizes: &[usize]) -> PathBuf {
    let blobs = dir.join("blobs/sha256");
    fs::create_dir_all(&blobs).expect("writable");
    let put = |bytes: &[u8]| {
        let hex = hex::encode(Sha256::digest(bytes));
        fs::write(blobs.join(&hex), bytes).expect("writable");
        format!("sha256:{hex}")
    };
    let layers: Vec<_> = sizes
        .iter()
        .enumerate()
        .map(|(index, &size)| {
            let digest = put(&noise(index as u64 + 1, size));
            serde_json::json!({ "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": digest, "size": size })
        })
        .collect();
    let config = br#"{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":[]}}"#;
    let manifest = serde_json::json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": { "mediaType": "application/vnd.oci.image.config.v1+json", "digest": put(config), "size": config.len() },
        "layers": layers,
    });
    let manifest = manifest.to_string();
    let digest = put(manifest.as_bytes());
    let index = serde_json::json!({
        "schemaVersion": 2,
        "manifests": [{ "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest, "size": manifest.len(),
            "annotations": { "org.opencontainers.image.ref.name": "1" } }],
    });
    fs::write(dir.join("index.json"), index.to_string()).expect("writable");
    fs::write(dir.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).expect("writable");
    dir.to_owned()
}

/// Bytes that do not compress, the same for the same seed.
fn noise(seed: u64, size: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut bytes = Vec::with_capacity(size + 8);
    while bytes.len() < size {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(size);
    bytes
}

/// The blobs of both layouts are the same, byte for byte.
pub fn assert_same_blobs(left: &Path, right: &Path) {
    let names = |dir: &Path| {
        let mut names: Vec<_> = fs::read_dir(dir.join("blobs/sha256"))
            .expect("readable")
            .map(|entry| entry.expect("readable").file_name())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names(left), names(right));
    for name in names(left) {
        let read = |dir: &Path| fs::read(dir.join("blobs/sha256").join(&name)).expect("readable");
        assert!(read(left) == read(right), "{} differs", name.display());
    }
}

/// The schema in `reports/schema/NAME.schema.json` is this one, these files, name and text, hold to it, and what the checker refuses does not.
/// With `SHAKEDOWN_BLESS=1` in the environment it is written.
pub fn published<'a>(
    name: &str,
    schema: &impl serde::Serialize,
    files: impl Iterator<Item = (&'a str, &'a str)>,
    refused: &serde_json::Value,
) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../reports/schema/{name}.schema.json"));
    let current = format!("{}\n", serde_json::to_string_pretty(schema).unwrap());
    if std::env::var_os("SHAKEDOWN_BLESS").is_some() {
        fs::write(&path, &current).unwrap();
    }
    let published = fs::read_to_string(&path).unwrap_or_default();
    assert!(published == current, "{} is old: run the test with SHAKEDOWN_BLESS=1", path.display());
    let validator = jsonschema::validator_for(&serde_json::to_value(schema).unwrap()).unwrap();
    let mut count = 0;
    for (file, text) in files {
        let value: serde_json::Value = serde_saphyr::from_str(text).unwrap();
        let wrong: Vec<String> =
            validator.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(wrong.is_empty(), "{file}: {wrong:#?}");
        count += 1;
    }
    assert!(count > 0, "there is no {name} file");
    assert!(!validator.is_valid(refused), "the schema refuses what the checker refuses");
}
