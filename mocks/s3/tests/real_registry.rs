//! docker-registry with its S3 driver (aws-sdk-go) on the mock, over TCP: pushes and pulls work, and faults show what the field saw.
//!
//! Skipped with the reason where docker-registry is missing; an error where `CI` is set.

mod common;

use std::process::Stdio;
use std::time::Duration;

use common::{ACCESS_KEY, BUCKET, SECRET_KEY, config};
use http::{Method, Response};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use shakedown_s3::{S3Config, S3Mock};
use shakedown_wire::network::{NetworkOptions, client};
use shakedown_wire::server::{Server, ServerOptions, bind, serve};
use shakedown_wire::{Body, Clock, Party};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

const REPOSITORY: &str = "gitlab-ci/100017681";
const ABSENT: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

/// A registry on a mock. All of it ends when it is dropped.
struct World {
    mock: S3Mock,
    base: String,
    http: Party,
    _s3: Server,
    _registry: Child,
    _home: TempDir,
}

impl World {
    async fn new(redirects: bool) -> Self {
        let config = S3Config { hosts: vec!["127.0.0.1".into()], ..config() };
        let mock = S3Mock::new(config, Clock::real_time(), 1);
        let s3 = serve(bind(([127, 0, 0, 1], 0).into()).unwrap(), mock.party(), ServerOptions::default());
        let home = tempfile::tempdir().unwrap();
        let settings = json!({
            "version": "0.1",
            "log": { "level": "info" },
            "http": { "addr": "127.0.0.1:0" },
            "storage": {
                "s3": {
                    "accesskey": ACCESS_KEY, "secretkey": SECRET_KEY, "region": "us-east-1", "bucket": BUCKET,
                    "regionendpoint": s3.base_uri(), "secure": false,
                },
                "redirect": { "disable": !redirects },
                "delete": { "enabled": true },
            },
        });
        let path = home.path().join("registry.yml");
        // JSON is YAML.
        std::fs::write(&path, settings.to_string()).unwrap();
        let mut registry = Command::new("docker-registry")
            .arg("serve")
            .arg(&path)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let base = listening(&mut registry).await;
        let http = client(&NetworkOptions::default());
        Self { mock, base, http, _s3: s3, _registry: registry, _home: home }
    }

    async fn send(&self, method: Method, target: &str, body: &[u8]) -> Response<Body> {
        let uri = if target.starts_with("http") { target.to_owned() } else { format!("{}{target}", self.base) };
        let mut request = http::Request::builder().method(method.clone()).uri(uri);
        if matches!(method, Method::PUT | Method::POST | Method::PATCH) {
            request = request.header("content-length", body.len()).header("content-type", "application/octet-stream");
        }
        self.http.send(request.body(Body::full(body.to_vec())).unwrap()).await.unwrap()
    }

    fn blob(&self, digest: &str) -> String {
        format!("/v2/{REPOSITORY}/blobs/{digest}")
    }

    /// Opens an upload and sends the bytes; the answer to PATCH.
    async fn upload(&self, bytes: &[u8]) -> Response<Body> {
        let opened = self.send(Method::POST, &format!("/v2/{REPOSITORY}/blobs/uploads/"), b"").await;
        assert_eq!(opened.status(), 202);
        self.send(Method::PATCH, location(&opened), bytes).await
    }

    fn faults(&self, rules: serde_json::Value) {
        self.mock.injector().replace(serde_json::from_value(rules).unwrap(), 1);
    }
}

/// Where the registry listens, from its log; the rest of the log is read away.
async fn listening(registry: &mut Child) -> String {
    let mut lines = BufReader::new(registry.stderr.take().unwrap()).lines();
    let find = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            if let Some((_, rest)) = line.split_once("listening on ") {
                let end = rest.find(|c: char| c != '.' && c != ':' && !c.is_ascii_digit()).unwrap_or(rest.len());
                return format!("http://{}", &rest[..end]);
            }
        }
        panic!("the registry ended before it listened");
    };
    let base = tokio::time::timeout(Duration::from_secs(20), find).await.expect("it listens in time");
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    base
}

fn location(answer: &Response<Body>) -> &str {
    answer.headers()["location"].to_str().unwrap()
}

/// True if docker-registry is here; else says why the test is skipped, or fails in CI.
#[expect(clippy::print_stderr, reason = "a skipped test says why")]
async fn has_registry() -> bool {
    if Command::new("docker-registry").arg("--version").output().await.is_ok() {
        return true;
    }
    assert!(std::env::var_os("CI").is_none(), "docker-registry is not installed, and CI must have it");
    eprintln!("skipped: docker-registry is not installed");
    false
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blob_is_pushed_and_pulled_with_and_without_redirects() {
    if !has_registry().await {
        return;
    }
    let bytes: Vec<u8> = (0..36u32 << 20).map(|n| n.wrapping_mul(0x9e37_79b9).to_le_bytes()[3]).collect();
    let digest = format!("sha256:{}", hex::encode(Sha256::digest(&bytes)));
    for redirects in [false, true] {
        let world = World::new(redirects).await;
        assert_eq!(world.send(Method::HEAD, &world.blob(&digest), b"").await.status(), 404);
        let patched = world.upload(&bytes).await;
        assert_eq!(patched.status(), 202);
        let target = format!("{}&digest={digest}", location(&patched));
        assert_eq!(world.send(Method::PUT, &target, b"").await.status(), 201);
        let mut got = world.send(Method::GET, &world.blob(&digest), b"").await;
        if redirects {
            assert_eq!(got.status(), 307);
            let head = world.send(Method::HEAD, &world.blob(&digest), b"").await;
            assert_eq!(world.send(Method::HEAD, location(&head), b"").await.status(), 200, "signed for HEAD");
            let crossed = world.send(Method::HEAD, location(&got), b"").await;
            assert_eq!(crossed.status(), 403, "signed for GET, used with HEAD");
            got = world.send(Method::GET, location(&got), b"").await;
        }
        assert_eq!(got.status(), 200);
        assert!(got.into_body().collect(64 << 20).await.unwrap() == bytes, "the bytes that were pushed");
        assert!(world.mock.admin().uploads(BUCKET).is_empty(), "no upload is left open");
        let data = format!("docker/registry/v2/blobs/sha256/{}/{}/data", &digest[7..9], &digest[7..]);
        assert_eq!(world.mock.admin().stat(BUCKET, &data).unwrap().size, bytes.len() as u64);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_field_incidents_look_as_they_were_reported() {
    if !has_registry().await {
        return;
    }
    let world = World::new(false).await;
    let late = json!({ "visible-after": { "what": "multipart-uploads", "delay": "2200ms" } });
    world.faults(json!([{ "on": "s3", "when": { "operation": "CreateMultipartUpload" }, "effect": late }]));
    let patched = world.upload(b"some bytes").await;
    assert_eq!(patched.status(), 500, "INCIDENTS A01");
    let body = patched.into_body().collect(4096).await.unwrap();
    assert_eq!(body.len(), 203, "{}", String::from_utf8_lossy(&body));
    world.faults(json!([]));
    assert_eq!(world.send(Method::HEAD, &world.blob(ABSENT), b"").await.status(), 404);
    let page = json!({ "status": 404, "body": "html" });
    world.faults(json!([{ "on": "s3", "when": { "operation": "GetObject" }, "effect": { "answer": page } }]));
    let head = world.send(Method::HEAD, &world.blob(ABSENT), b"").await;
    assert_eq!(
        (head.status().as_u16(), &head.headers()["content-length"]),
        (500, &"123".parse().unwrap()),
        "INCIDENTS B01"
    );
}
