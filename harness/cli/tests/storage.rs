//! `shakedown qualify`: a store is qualified and left as it was, a wrong one is told, and what is told of moto is what docker-registry
//! finds on it.

mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};

use shakedown_probe::{Blame, Decision, Profile, Report, Verdict};
use shakedown_s3::{Credential, S3Config, S3Mock};
use shakedown_wire::{Body, Clock, Party, Request, server};
use support::{Running, clean, docker_registry, have, oci_layout, serve, skopeo_copy, word_after};

const SECRET: &str = "shakedown-secret";

fn qualify(endpoint: &str, home: &Path, secret: &str, args: &[&str]) -> (Output, Option<Report>) {
    let path = home.join("report.json");
    let _ = fs::remove_file(&path);
    let mut command = clean(support::SHAKEDOWN, home);
    command.env("AWS_ACCESS_KEY_ID", "shakedown").env("AWS_SECRET_ACCESS_KEY", secret);
    command.args(["qualify", "--endpoint", endpoint, "--bucket", "lab"]).args(args);
    let output = command.arg("--report").arg(format!("json={}", path.display())).output().expect("it starts");
    let report = fs::read_to_string(&path).ok();
    (output, report.map(|text| serde_json::from_str(&text).expect("a report")))
}

fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn the_mock_is_qualified_quickly_and_left_as_it_was() {
    let home = tempfile::tempdir().unwrap();
    let (_s3, ready) = serve(&["s3", "--listen", "127.0.0.1:0", "--bucket", "lab"], home.path());
    let endpoint = word_after(&ready, "S3 on ").to_owned();
    let (output, report) = qualify(&endpoint, home.path(), SECRET, &[]);
    let text = told(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    let report = report.unwrap();
    assert!(report.requests < 400 && report.took_ms < 30_000.0, "{} requests, {} ms", report.requests, report.took_ms);
    assert!(report.ids(Verdict::Failed).is_empty() && report.ids(Verdict::NotRun).is_empty(), "{text}");
    assert!(report.profiles.iter().all(|profile| profile.decision == Decision::Qualified), "{text}");
    assert_eq!(report.result("http.expect_100").unwrap().verdict, Verdict::Passed, "only over TCP can this be asked");
    assert!(!text.contains(SECRET) && !serde_json::to_string(&report).unwrap().contains(SECRET));
    // A second run finds an empty place, and --clean nothing to do.
    let (output, _) = qualify(&endpoint, home.path(), SECRET, &["--clean", "--older-than", "0s"]);
    assert!(told(&output).contains("removed 0 prefixes: 0 objects, 0 uploads"), "{}", told(&output));
}

#[test]
fn who_is_not_let_in_or_finds_nobody_gets_3_and_writes_nothing() {
    let home = tempfile::tempdir().unwrap();
    let (_s3, ready) = serve(&["s3", "--listen", "127.0.0.1:0", "--bucket", "lab"], home.path());
    let endpoint = word_after(&ready, "S3 on ").to_owned();
    for (endpoint, secret, args, code, says) in [
        (endpoint.as_str(), "not-the-secret", &[][..], 3, "refuses these credentials"),
        ("http://127.0.0.1:9", SECRET, &[], 3, "cannot be reached"),
        (&endpoint, SECRET, &["--profile", "nexus"], 2, "there is no profile `nexus`"),
        (&endpoint, SECRET, &["--probes", "nothing"], 4, "no probe of this level begins so"),
        ("127.0.0.1:9000", SECRET, &[], 2, "--endpoint is not a URL"),
    ] {
        let (output, report) = qualify(endpoint, home.path(), secret, args);
        assert_eq!(output.status.code(), Some(code), "{}", told(&output));
        assert!(told(&output).contains(says) && !told(&output).contains("not-the-secret"), "{}", told(&output));
        assert_eq!(report, None);
    }
    let (output, _) = qualify(&endpoint, home.path(), SECRET, &["--dry-run"]);
    assert!(told(&output).contains("asked nothing"), "{}", told(&output));
}

#[test]
fn a_gateway_that_answers_html_is_named() {
    let home = tempfile::tempdir().unwrap();
    let args = ["s3", "--listen", "127.0.0.1:0", "--bucket", "lab", "--fault", "gateway-html-errors"];
    let (_s3, ready) = serve(&args, home.path());
    let endpoint = word_after(&ready, "S3 on ").to_owned();
    let (output, report) = qualify(&endpoint, home.path(), SECRET, &["--profile", "distribution-2.8"]);
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    let report = report.unwrap();
    assert_eq!(report.profiles[0].blockers, ["err.get_missing"]);
    let failed = report.result("err.get_missing").unwrap();
    assert_eq!(failed.blame, Some(Blame::Gateway), "{failed:?}");
    assert!(told(&output).contains("HEAD of an absent blob is 500"), "{}", told(&output));
}

/// What stands before the store at each port, as nginx is often set up.
const GATEWAYS: [(&str, &str); 5] = [
    ("html-404", "proxy_set_header Host $http_host; proxy_intercept_errors on; error_page 404 @missing;"),
    ("host-lost", ""),
    ("host-without-port", "proxy_set_header Host $host;"),
    ("head-as-get", "proxy_set_header Host $http_host; proxy_set_header Range $http_range; proxy_cache answers;"),
    ("one-mebibyte", "proxy_set_header Host $http_host; client_max_body_size 1m;"),
];

/// nginx with all of them before `endpoint`; gives their addresses. Loopback has addresses for everybody, so nobody else is there.
fn nginx(endpoint: &str, home: &Path) -> (Running, Vec<String>) {
    let id = std::process::id();
    let host = format!("127.{}.{}.{}", 1 + id / 65_536 % 250, id / 256 % 256, 1 + id % 250);
    let addresses: Vec<_> = (0..GATEWAYS.len()).map(|at| format!("{host}:{}", 8080 + at)).collect();
    let server = |(address, (_, lines)): (&String, &(&str, &str))| {
        format!(
            "server {{ listen {address}; location / {{ proxy_pass {endpoint}; {lines} }}
             location @missing {{ default_type text/html; return 404 '<html><h1>Not here</h1></html>'; }} }}\n"
        )
    };
    let servers: String = addresses.iter().zip(&GATEWAYS).map(server).collect();
    let home = home.display();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {home}/{name};\n"))
        .concat();
    let config = format!(
        "daemon off; master_process off; pid {home}/nginx.pid; error_log stderr notice;\nevents {{}}\nhttp {{
         access_log off; client_max_body_size 0; proxy_http_version 1.1;\n{temporary}
         proxy_cache_path {home}/cache keys_zone=answers:1m;\n{servers}}}\n"
    );
    let path = format!("{home}/nginx.conf");
    fs::write(&path, config).expect("writable");
    let mut command = clean("nginx", Path::new(&home.to_string()));
    command.args(["-e", "stderr", "-p", &home.to_string(), "-c", &path]);
    let running = Running::start(command);
    // The last line before it serves; its sockets listen since before the first.
    running.line_with("getrlimit");
    (running, addresses.iter().map(|address| format!("http://{address}")).collect())
}

#[test]
fn a_real_nginx_before_the_store_is_named_with_the_probe() {
    if !have("nginx") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let (_s3, ready) = serve(&["s3", "--listen", "127.0.0.1:0", "--bucket", "lab"], home.path());
    let endpoint = word_after(&ready, "S3 on ").to_owned();
    let (_nginx, addresses) = nginx(&endpoint, home.path());
    let due: [(&str, &[&str]); 5] = [
        (
            "addr.,auth.sigv4,copy.,err.,obj.,mpu.create,pre.",
            &[
                "copy.missing_source",
                "err.content_type",
                "err.dirlike",
                "err.get_missing",
                "err.request_id",
                "err.same_via_gateway",
                "err.no_such_upload",
            ],
        ),
        ("addr.,err.,obj.,pre.", &["addr.host_port"]),
        ("addr.,err.,obj.,pre.", &["addr.host_port"]),
        ("addr.,err.,obj.,pre.", &["obj.head", "err.head_missing", "pre.head", "pre.head_conversion"]),
        ("addr.,obj.put,mpu.upload_part", &["mpu.upload_part"]),
    ];
    for (((name, _), gateway), (probes, due)) in GATEWAYS.iter().zip(&addresses).zip(due) {
        let args = ["--gateway", gateway, "--probes", probes, "--profile", "distribution-2.8"];
        let (output, report) = qualify(&endpoint, home.path(), SECRET, &args);
        let text = told(&output);
        assert_eq!(output.status.code(), Some(if due.contains(&"obj.head") { 0 } else { 1 }), "{name}: {text}");
        let report = report.unwrap();
        assert!(report.ids(Verdict::Failed).is_empty(), "{name}: the store itself is right: {text}");
        let through = report.gateway.expect("the answers through the gateway");
        let (mut failed, mut due) = (through.ids(Verdict::Failed), due.to_vec());
        failed.sort_unstable();
        due.sort_unstable();
        assert_eq!(failed, due, "{name}: {text}");
        for id in due {
            assert_eq!(through.result(id).unwrap().blame, Some(Blame::Gateway), "{name}: {id}");
            assert!(text.contains(&format!("  {id:<24} ")), "{name}: {id} is not named: {text}");
        }
        assert!(text.contains("fails through the gateway is the gateway's doing"), "{name}: {text}");
    }
}

/// The most memory a child had (VmHWM of proc(5)), looked at until it ends; the kernel keeps the maximum, so no look is missed but
/// what comes after the last.
fn peak_memory_kib(child: &mut std::process::Child) -> u64 {
    let (_open, never) = std::sync::mpsc::channel::<()>();
    let mut peak = 0;
    while child.try_wait().expect("it can be asked").is_none() {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").trim().parse().ok());
        peak = peak.max(kib.unwrap_or(0));
        let _ = never.recv_timeout(std::time::Duration::from_millis(5));
    }
    peak
}

#[test]
fn gigabytes_of_errors_take_little_memory() {
    let home = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _guard = runtime.enter();
    // Listings are S3's, so that the probes begin; everything else is an endless page.
    let party = Party::from_fn(|request: Request| async move {
        let listing = request.uri().query().is_some_and(|query| query.contains("max-keys=2"));
        request.into_body().drain().await?;
        let page = bytes::Bytes::from(vec![b'x'; 1 << 20]);
        let endless = futures_util::stream::iter((0..1024).map(move |_| Ok(page.clone())));
        let list = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";
        let body = if listing { Body::full(list) } else { Body::sized(1 << 30, endless) };
        Ok(http::Response::builder().status(if listing { 200 } else { 500 }).body(body).expect("an answer"))
    });
    let listener = server::bind(([127, 0, 0, 1], 0).into()).unwrap();
    let server = server::serve(listener, party, server::ServerOptions::default());
    let mut command = clean(support::SHAKEDOWN, home.path());
    command.env("AWS_ACCESS_KEY_ID", "shakedown").env("AWS_SECRET_ACCESS_KEY", SECRET);
    command.args(["qualify", "--bucket", "lab", "--probes", "obj.,err.,cons.,del.", "--endpoint", &server.base_uri()]);
    command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    let mut child = command.spawn().expect("it starts");
    let peak = peak_memory_kib(&mut child);
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!((1..200 << 10).contains(&peak), "{peak} KiB");
}

/// A store from PyPI, on a free port; `None` if it is not installed.
fn moto(home: &Path) -> Option<(Running, String)> {
    if !have("moto_server") {
        return None;
    }
    let mut command = clean("moto_server", home);
    // Python keeps its lines to itself when nobody watches.
    command.args(["-H", "127.0.0.1", "-p", "0"]).env("PYTHONUNBUFFERED", "1");
    let running = Running::start(command);
    let endpoint = word_after(&running.line_with("Running on http://"), "Running on ").to_owned();
    let status =
        Command::new("curl").args(["-sf", "-o", "/dev/null", "-X", "PUT", &format!("{endpoint}/lab")]).status();
    assert!(status.expect("curl runs").success());
    Some((running, endpoint))
}

#[test]
fn what_is_told_of_moto_is_what_docker_registry_finds_on_it() {
    let home = tempfile::tempdir().unwrap();
    let Some((_moto, endpoint)) = moto(home.path()) else { return };
    let (output, report) = qualify(&endpoint, home.path(), SECRET, &["--profile", "distribution-2.8"]);
    let report = report.unwrap_or_else(|| panic!("{}", told(&output)));
    let verdict = &report.profiles[0];
    assert_eq!(verdict.profile, Profile::Distribution28);
    assert_eq!(verdict.decision, Decision::Qualified, "{}", told(&output));
    assert!(verdict.degraded.contains(&"auth.wrong_secret".to_owned()), "moto takes any key: {}", told(&output));
    if !have("docker-registry") || !have("skopeo") {
        return;
    }
    let (_registry, address) = docker_registry(&endpoint, "lab", false, home.path());
    let image = oci_layout(&home.path().join("image"), &[40 << 20, 1000]);
    skopeo_copy(&format!("oci:{}", image.display()), &format!("docker://{address}/lab/app:1"), home.path());
    skopeo_copy(
        &format!("docker://{address}/lab/app:1"),
        &format!("oci:{}", home.path().join("back").display()),
        home.path(),
    );
}

#[test]
fn what_is_told_of_s3s_fs_is_what_docker_registry_finds_on_it() {
    if !have("s3s-fs") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let root = home.path().join("root");
    fs::create_dir_all(root.join("lab")).unwrap();
    let mut command = clean("s3s-fs", home.path());
    let port = free_port().to_string();
    command
        .args(["--host", "127.0.0.1", "--port", &port, "--access-key", "shakedown", "--secret-key", SECRET])
        .arg(&root);
    command.env("RUST_LOG", "info").env("NO_COLOR", "1");
    let running = Running::start(command);
    running.line_with("server is running");
    let endpoint = format!("http://127.0.0.1:{port}");
    let (output, report) = qualify(&endpoint, home.path(), SECRET, &["--profile", "distribution-2.8"]);
    let report = report.unwrap_or_else(|| panic!("{}", told(&output)));
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    let verdict = &report.profiles[0];
    assert_eq!(verdict.decision, Decision::NotQualified);
    assert_eq!(
        verdict.blockers,
        ["mpu.list_immediate", "mpu.list_prefix", "mpu.list_parts_after"],
        "{}",
        told(&output)
    );
    let reason = report.result("mpu.list_immediate").unwrap().reason.clone().unwrap_or_default();
    assert!(reason.contains("501 NotImplemented"), "{reason}");
    if !have("docker-registry") || !have("skopeo") {
        return;
    }
    // The push breaks where that probe says: PATCH finds no upload, because the store lists none.
    let (registry, address) = docker_registry(&endpoint, "lab", false, home.path());
    let image = oci_layout(&home.path().join("image"), &[1000]);
    let mut push = clean("skopeo", home.path());
    push.args(["--insecure-policy", "copy", "--dest-tls-verify=false", "--retry-times", "0"]);
    push.arg(format!("oci:{}", image.display())).arg(format!("docker://{address}/lab/app:1"));
    assert!(!push.output().expect("it starts").status.success(), "the push went through");
    let broke = |line: &String| line.contains("http.request.method=PATCH") && line.contains("http.response.status=500");
    assert!(registry.lines().iter().any(broke), "{:#?}", registry.lines());
}

/// A port that was free a moment ago, for programs that do not say which one they took.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("bound").port()
}

/// All files below a folder.
fn files(dir: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(dir).expect("readable").map(|entry| entry.expect("readable").path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Runs one of our commands that needs no keys.
fn shakedown(home: &Path, args: &[&str]) -> Output {
    clean(support::SHAKEDOWN, home).args(args).output().expect("it starts")
}

/// A bundle about a mock, with a profile's differences or without.
fn bundle(home: &Path, name: &str, fault: Option<&str>) -> std::path::PathBuf {
    let dir = home.join(name);
    let mut args = vec!["s3", "--listen", "127.0.0.1:0", "--bucket", "lab"];
    args.extend(fault.iter().flat_map(|fault| ["--fault", fault]));
    let (_s3, ready) = serve(&args, home);
    let endpoint = word_after(&ready, "S3 on ").to_owned();
    let place = dir.display().to_string();
    let args = ["--probes", "auth.,err.,mpu.create,mpu.list,obj.put,pre.", "--bundle", &place];
    let (output, _) = qualify(&endpoint, home, SECRET, &args);
    assert_eq!(output.status.code(), Some(i32::from(fault.is_some())), "{}", told(&output));
    // A folder with something in it is not written over.
    let (output, _) = qualify(&endpoint, home, SECRET, &args);
    assert_eq!(output.status.code(), Some(2), "{}", told(&output));
    dir
}

const HTML: Option<&str> = Some("gateway-html-errors");

#[test]
fn a_bundle_is_whole_and_without_secrets() {
    let home = tempfile::tempdir().unwrap();
    let bad = bundle(home.path(), "bad", HTML);
    for path in &files(&bad) {
        let (name, text) = (path.display(), fs::read_to_string(path).expect("text"));
        assert!(!text.contains(SECRET) && !text.contains(home.path().to_str().unwrap()), "{name}");
        for mark in ["X-Amz-Signature=", "Signature="] {
            let shown = |at: usize| text[at + mark.len()..].chars().take_while(char::is_ascii_hexdigit).count();
            assert!(text.match_indices(mark).all(|(at, _)| shown(at) < 32), "{name} holds a signature");
        }
    }
    let page = fs::read_to_string(bad.join("report.html")).unwrap();
    for foreign in ["src=", "href=", "url(", "@import", "<script", "<html><", "<h1>404"] {
        assert!(
            !page.contains(foreign),
            "{foreign:?} is in the page: it needs something else, or holds foreign markup"
        );
    }
    let ticket = fs::read_to_string(bad.join("tickets/gateway/err.get_missing.md")).unwrap();
    for due in [
        "To: the gateway team",
        "404 with",
        "HEAD of an absent blob is 500",
        "--probes err.get_missing",
        "    404 after",
    ] {
        assert!(ticket.contains(due), "{due}: {ticket}");
    }
    let junit = fs::read_to_string(bad.join("junit.xml")).unwrap();
    assert!(junit.contains("name=\"err.get_missing\"") && junit.contains("<failure message="), "{junit}");
}

#[test]
fn the_page_of_a_bundle_opens_in_a_browser_without_a_network() {
    if !have("chromium") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let page = bundle(home.path(), "bad", HTML).join("report.html");
    let profile = format!("--user-data-dir={}", home.path().join("browser").display());
    let mut command = clean("chromium", home.path());
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND"]);
    command.args(["--enable-logging=stderr", &profile, "--dump-dom", &format!("file://{}", page.display())]);
    let output = support::run(&mut command);
    let (shown, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    for due in [
        "<h1>Storage qualification</h1>",
        "not qualified (err.get_missing)",
        "HEAD of an absent blob is 500",
        "</details>",
    ] {
        assert!(shown.contains(due), "{due} is not in {shown}");
    }
    // Whatever the page's policy or its own markup lets go wrong is said there.
    assert!(!said.contains(":CONSOLE"), "{said}");
}

/// A mock in this process that tells when it was asked for the `at`th time, and what it holds.
fn watched(at: usize) -> (tokio::runtime::Runtime, server::Server, S3Mock, std::sync::mpsc::Receiver<()>) {
    let config = S3Config::with_bucket("lab", Credential::new("shakedown", SECRET));
    let mock = S3Mock::new(config, Clock::real_time(), 1);
    let (sender, asked) = std::sync::mpsc::channel();
    let (store, count) = (mock.party(), std::sync::Arc::new(AtomicUsize::new(1)));
    let party = Party::from_fn(move |request: Request| {
        if count.fetch_add(1, Ordering::Relaxed) == at {
            let _ = sender.send(());
        }
        let store = store.clone();
        async move { store.send(request).await }
    });
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let server = {
        let _inside = runtime.enter();
        let listener = server::bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
        server::serve(listener, party, server::ServerOptions::default())
    };
    (runtime, server, mock, asked)
}

fn left_in(mock: &S3Mock) -> usize {
    mock.admin().list("lab", "").len() + mock.admin().uploads("lab").len()
}

#[test]
fn ctrl_c_removes_what_was_written_and_what_a_killed_run_left_is_cleaned() {
    let home = tempfile::tempdir().unwrap();
    for at in [40, 90, 150] {
        let begun = || {
            let (runtime, server, mock, asked) = watched(at);
            let mut command = clean(support::SHAKEDOWN, home.path());
            command.env("AWS_ACCESS_KEY_ID", "shakedown").env("AWS_SECRET_ACCESS_KEY", SECRET);
            command.args(["qualify", "--endpoint", &server.base_uri(), "--bucket", "lab", "--level", "standard"]);
            let running = Running::start(command);
            asked.recv_timeout(std::time::Duration::from_secs(60)).expect("it asks so often");
            (running, mock, server, runtime)
        };
        let (running, mock, _server, _runtime) = begun();
        assert_eq!(running.interrupt().code(), Some(130));
        assert_eq!(left_in(&mock), 0, "interrupted at request {at}");

        let (mut running, mock, server, _runtime) = begun();
        running.kill();
        assert_ne!(left_in(&mock), 0, "killed at request {at}");
        let (output, _) = qualify(&server.base_uri(), home.path(), SECRET, &["--clean", "--older-than", "0s"]);
        assert_eq!(output.status.code(), Some(0), "{}", told(&output));
        assert_eq!(left_in(&mock), 0, "{}", told(&output));
    }
}

#[test]
fn each_change_of_a_bundle_is_seen() {
    let home = tempfile::tempdir().unwrap();
    let bad = bundle(home.path(), "bad", HTML);
    let verify = || shakedown(home.path(), &["verify", &bad.display().to_string()]);
    let output = verify();
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    let sums = Command::new("sha256sum").args(["--check", "--quiet", "MANIFEST.sha256"]).current_dir(&bad).status();
    assert!(sums.expect("sha256sum runs").success());
    // One byte of any file, a file more, a file less, and sums that fit a report which does not follow.
    for path in files(&bad) {
        let whole = fs::read(&path).unwrap();
        let mut changed = whole.clone();
        changed[whole.len() / 2] ^= 1;
        fs::write(&path, &changed).unwrap();
        let output = verify();
        assert!(matches!(output.status.code(), Some(1 | 2)), "{}: {}", path.display(), told(&output));
        fs::remove_file(&path).unwrap();
        let output = verify();
        assert!(matches!(output.status.code(), Some(1 | 2)), "{}: {}", path.display(), told(&output));
        fs::write(&path, &whole).unwrap();
    }
    fs::write(bad.join("more.txt"), "more").unwrap();
    let output = verify();
    assert!(told(&output).contains("more.txt: not in MANIFEST.sha256"), "{}", told(&output));
    fs::remove_file(bad.join("more.txt")).unwrap();
    let (report, manifest) = (bad.join("report.json"), bad.join("MANIFEST.sha256"));
    let (text, sums) = (fs::read_to_string(&report).unwrap(), fs::read_to_string(&manifest).unwrap());
    let sum = |text: &str| hex::encode(<sha2::Sha256 as sha2::Digest>::digest(text));
    let better = text.replace("\"not-qualified\"", "\"qualified\"");
    assert_ne!(better, text);
    fs::write(&manifest, sums.replace(&sum(&text), &sum(&better))).unwrap();
    fs::write(&report, &better).unwrap();
    let output = verify();
    assert_eq!(output.status.code(), Some(1));
    assert!(told(&output).contains("does not follow from the results"), "{}", told(&output));
    fs::write(&report, &text).unwrap();
}

#[test]
fn two_bundles_are_compared() {
    let home = tempfile::tempdir().unwrap();
    bundle(home.path(), "good", None);
    bundle(home.path(), "bad", HTML);
    let at = |name: &str| home.path().join(name).display().to_string();
    // Side by side: what got worse is a regression, what got better is none.
    let output = shakedown(home.path(), &["compare", &at("good"), &at("bad")]);
    assert_eq!(output.status.code(), Some(5), "{}", told(&output));
    assert!(
        told(&output).contains("qualified -> not qualified") && told(&output).contains("err.get_missing "),
        "{}",
        told(&output)
    );
    let output = shakedown(home.path(), &["compare", &at("bad"), &at("good")]);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
}
