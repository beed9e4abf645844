//! Clients that share no code with us, over TCP: boto3, the AWS command line, s3cmd.
//!
//! A tool that is missing skips its test with the reason on a user's machine, and fails it where `CI` is set. `SHAKEDOWN_PYTHON`
//! names a python3 with boto3. The tools get a clean environment and a home of their own.

mod common;

use std::path::{Path, PathBuf};
use std::time::Duration;

use common::{ACCESS_KEY, BUCKET, SECRET_KEY, config};
use shakedown_s3::{S3Config, S3Mock};
use shakedown_wire::network::{NetworkOptions, client};
use shakedown_wire::server::{Server, ServerOptions, bind, serve};
use shakedown_wire::{Body, Clock};
use tempfile::TempDir;
use tokio::process::Command;

const LIMIT: Duration = Duration::from_secs(120);

/// A mock on a port, and a home for the tool that calls it.
struct World {
    mock: S3Mock,
    server: Server,
    home: TempDir,
}

impl World {
    fn new() -> Self {
        let config = S3Config { hosts: vec!["127.0.0.1".into()], ..config() };
        let mock = S3Mock::new(config, Clock::real_time(), 1);
        let listener = bind(([127, 0, 0, 1], 0).into()).unwrap();
        let server = serve(listener, mock.party(), ServerOptions::default());
        Self { mock, server, home: tempfile::tempdir().unwrap() }
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.home.path())
            .env("AWS_ACCESS_KEY_ID", ACCESS_KEY)
            .env("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .current_dir(self.home.path())
            .kill_on_drop(true);
        command
    }

    /// Runs it to its end; what it printed.
    async fn run(&self, command: &mut Command) -> String {
        let what = format!("{:?}", command.as_std());
        let output = tokio::time::timeout(LIMIT, command.output()).await.expect("in time").expect("it starts");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(
            output.status.success(),
            "{what}\n{}\n{}\n{}",
            text(&output.stdout),
            text(&output.stderr),
            self.journal()
        );
        text(&output.stdout)
    }

    /// The last requests, for the message of a failure.
    fn journal(&self) -> String {
        let exchanges = self.mock.recorder().exchanges();
        let line = |exchange: &shakedown_wire::Exchange| {
            let status = exchange.response.as_ref().map_or(0, |response| response.status);
            let excerpt = exchange.response.as_ref().map_or("", |response| response.body.excerpt.as_str());
            format!("{} {} {status} {excerpt}\n", exchange.request.method, exchange.request.uri)
        };
        exchanges.iter().rev().take(5).rev().map(line).collect()
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.home.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn keys(&self) -> Vec<String> {
        self.mock.admin().list(BUCKET, "").into_iter().map(|entry| entry.key).collect()
    }
}

/// Bytes that differ all along.
fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|n| n.wrapping_mul(0x9e37_79b9).to_le_bytes()[3]).collect()
}

/// Where a program is, or `None` with the reason printed; without it, CI fails.
#[expect(clippy::print_stderr, reason = "a skipped test says why")]
async fn find(program: &str, probe: &[&str]) -> Option<PathBuf> {
    let found = Command::new(program).args(probe).output().await;
    if found.is_ok_and(|output| output.status.success()) {
        return Some(program.into());
    }
    let reason = format!("`{program} {}` does not run", probe.join(" "));
    assert!(std::env::var_os("CI").is_none(), "{reason}, and CI must have it");
    eprintln!("skipped: {reason}");
    None
}

#[tokio::test(flavor = "multi_thread")]
async fn boto3() {
    let python = std::env::var("SHAKEDOWN_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let Some(python) = find(&python, &["-c", "import boto3"]).await else { return };
    let world = World::new();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts/boto3_client.py");
    let printed = world.run(world.command(&python).arg(script).arg(world.server.base_uri()).arg(BUCKET)).await;
    assert!(printed.starts_with("boto3 "), "{printed}");
    assert!(world.mock.admin().uploads(BUCKET).is_empty(), "nothing is left open");
}

#[tokio::test(flavor = "multi_thread")]
async fn aws_command_line() {
    let Some(aws) = find("aws", &["--version"]).await else { return };
    let world = World::new();
    let endpoint = world.server.base_uri();
    let run = async |arguments: &[&str]| {
        world.run(world.command(&aws).arg("--endpoint-url").arg(&endpoint).args(arguments)).await
    };
    // Version 1 of the tool presigns with Signature Version 2 unless it is told otherwise.
    std::fs::create_dir(world.home.path().join(".aws")).unwrap();
    world.file(".aws/config", b"[default]\nregion = us-east-1\ns3 =\n    signature_version = s3v4\n");
    let big = bytes(20 << 20);
    world.file("big", &big);
    world.file("small", b"hello");
    run(&["s3", "cp", "big", "s3://lab/dir/big"]).await;
    run(&["s3", "cp", "small", "s3://lab/dir/small file"]).await;
    assert!(world.mock.admin().stat(BUCKET, "dir/big").unwrap().etag.contains('-'), "20 MiB go in parts");
    run(&["s3", "cp", "s3://lab/dir/big", "back"]).await;
    assert!(std::fs::read(world.home.path().join("back")).unwrap() == big, "the bytes that were sent");
    let listed = run(&["s3", "ls", "s3://lab/dir/"]).await;
    assert!(listed.contains("20971520 big") && listed.contains("5 small file"), "{listed}");
    run(&["s3", "cp", "s3://lab/dir/small file", "s3://lab/copy"]).await;
    run(&["s3api", "get-object", "--bucket", BUCKET, "--key", "copy", "--range", "bytes=1-2", "part"]).await;
    assert_eq!(std::fs::read(world.home.path().join("part")).unwrap(), b"el");
    let url = run(&["s3", "presign", "s3://lab/copy", "--expires-in", "60"]).await;
    let request = http::Request::get(url.trim()).body(Body::empty()).unwrap();
    let answer = client(&NetworkOptions::default()).send(request).await.unwrap();
    assert_eq!(answer.into_body().collect(100).await.unwrap(), "hello");
    run(&["s3", "rm", "s3://lab/copy"]).await;
    run(&["s3", "rm", "--recursive", "s3://lab/dir/"]).await;
    assert!(world.keys().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn s3cmd() {
    let Some(s3cmd) = find("s3cmd", &["--version"]).await else { return };
    let world = World::new();
    let address = world.server.address();
    let settings = format!(
        "[default]\naccess_key = {ACCESS_KEY}\nsecret_key = {SECRET_KEY}\nhost_base = {address}\nhost_bucket = {address}\n\
         use_https = False\nbucket_location = us-east-1\nmultipart_chunk_size_mb = 5\n"
    );
    let settings = world.file("settings", settings.as_bytes());
    let run =
        async |arguments: &[&str]| world.run(world.command(&s3cmd).arg("-c").arg(&settings).args(arguments)).await;
    let big = bytes(12 << 20);
    world.file("big", &big);
    world.file("small", b"hello");
    run(&["put", "small", "s3://lab/dir/small"]).await;
    run(&["put", "big", "s3://lab/dir/big"]).await;
    run(&["get", "s3://lab/dir/big", "back"]).await;
    assert!(std::fs::read(world.home.path().join("back")).unwrap() == big, "the bytes that were sent");
    let listed = run(&["ls", "s3://lab/dir/"]).await;
    assert!(listed.contains("s3://lab/dir/big") && listed.contains("s3://lab/dir/small"), "{listed}");
    world.file("start", b"he");
    run(&["get", "--continue", "s3://lab/dir/small", "start"]).await;
    assert_eq!(std::fs::read(world.home.path().join("start")).unwrap(), b"hello", "the rest came by a range");
    run(&["cp", "s3://lab/dir/small", "s3://lab/copy"]).await;
    assert_eq!(world.keys(), ["copy", "dir/big", "dir/small"]);
    run(&["del", "s3://lab/copy"]).await;
    run(&["del", "--recursive", "--force", "s3://lab/dir/"]).await;
    assert!(world.keys().is_empty());
}
