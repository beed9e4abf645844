//! `shakedown serve forward-proxy` between real clients (skopeo, curl) and the reference registry: what passes, and what is in the way.

mod support;

use std::fs;
use std::path::Path;
use std::process::Output;

use support::{Running, assert_same_blobs, clean, have, oci_layout, serve, skopeo_command, word_after};

/// A registry, a proxy that knows it as `registry.corp`, and the proxy's URL.
fn stand(args: &[&str], home: &Path) -> (Running, Running, String) {
    let (registry, ready) = serve(&["registry", "--listen", "127.0.0.1:0"], home);
    let name = format!("registry.corp={}", word_after(&ready, "on http://"));
    let all = [&["forward-proxy", "--listen", "127.0.0.1:0", "-v", "--name", &name], args].concat();
    let (proxy, ready) = serve(&all, home);
    let url = word_after(&ready, "forward proxy on ").to_owned();
    (registry, proxy, url)
}

/// skopeo with `proxy` in its environment: it never uses one for an address of loopback, so the registry has a name.
fn skopeo(proxy: &str, from: &str, to: &str, home: &Path) -> Output {
    let mut command = skopeo_command(from, to, home);
    command.env("HTTP_PROXY", proxy).env("HTTPS_PROXY", proxy).output().expect("it runs")
}

fn curl(args: &[&str], home: &Path) -> String {
    let output = clean("curl", home).args(["-s", "-i"]).args(args).output().expect("it runs");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn skopeo_pushes_and_pulls_through_it_and_reads_what_it_refuses() {
    if !have("skopeo") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let image = oci_layout(&home.path().join("in"), &[3 << 20, 4096]);
    let (from, back) = (format!("oci:{}:1", image.display()), home.path().join("out"));
    let (_registry, proxy, url) = stand(&["--user", "ann", "--password", "hunter2-of-the-proxy"], home.path());
    let refused = skopeo(&url, &from, "docker://registry.corp/lab/app:1", home.path());
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("407"), "{said}");
    let login = url.replacen("://", "://ann:hunter2-of-the-proxy@", 1);
    for (from, to) in [
        (from.as_str(), "docker://registry.corp/lab/app:1"),
        ("docker://registry.corp/lab/app:1", &*format!("oci:{}:1", back.display())),
    ] {
        let copied = skopeo(&login, from, to, home.path());
        assert!(copied.status.success(), "{}", String::from_utf8_lossy(&copied.stderr));
    }
    assert_same_blobs(&image, &back);
    let log = proxy.lines().join("\n");
    assert!(log.contains("GET http://registry.corp/v2/ 407") && log.contains("/manifests/1 201"), "{log}");
    assert!(!log.contains("hunter2") && !log.contains("YW5u"), "{log}");
}

#[test]
fn curl_goes_through_by_the_whole_url_and_by_connect_and_meets_its_habits() {
    if !have("curl") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let (_registry, proxy, url) = stand(&[], home.path());
    let passed = curl(&["-x", &url, "http://registry.corp/v2/"], home.path());
    assert!(passed.starts_with("HTTP/1.1 200 ") && passed.contains("shakedown-forward-proxy"), "{passed}");
    let tunnelled = curl(&["-p", "-x", &url, "http://registry.corp:80/v2/"], home.path());
    let (connect, inside) = tunnelled.split_once("\r\n\r\n").expect("the answer to CONNECT, then the registry's");
    assert!(connect.starts_with("HTTP/1.1 200 ") && inside.starts_with("HTTP/1.1 200 "), "{tunnelled}");
    assert!(!inside.contains("shakedown-forward-proxy"), "what is in a tunnel is not touched: {inside}");
    let absent = curl(&["-x", &url, "http://registry.corp:81/v2/"], home.path());
    assert!(absent.starts_with("HTTP/1.1 502 "), "{absent}");
    let itself = curl(&[&format!("{url}/v2/")], home.path());
    assert!(itself.starts_with("HTTP/1.1 400 ") && itself.contains("the whole URL"), "{itself}");
    assert!(proxy.terminate().success());

    let file = home.path().join("habits.yaml");
    let text = "settings: { body-limit: 1KiB, refuse-chunked: true }\n\
                faults:\n- { on: forward-proxy, when: { path: /v2/_catalog }, effect: { answer: { status: 403, body: { page: waf-403 } } } }\n";
    fs::write(&file, text).unwrap();
    let (_registry, _proxy, url) = stand(&["--fault", &file.display().to_string()], home.path());
    let chunked = ["-H", "Transfer-Encoding: chunked", "-d", "abc"];
    let large = format!("@{}", env!("CARGO_MANIFEST_DIR").to_owned() + "/Cargo.toml");
    for (args, path, status) in [
        (&chunked[..], "/v2/lab/app/blobs/uploads/", "411"),
        (&["--data-binary", &large], "/v2/lab/app/blobs/uploads/", "413"),
        (&["-X", "POST", "-H", "Content-Length: 0"], "/v2/lab/app/blobs/uploads/", "202"),
        (&[], "/v2/_catalog", "403"),
    ] {
        let address = format!("http://registry.corp{path}");
        let said = curl(&[&["-x", &url, &address], args].concat(), home.path());
        assert!(said.starts_with(&format!("HTTP/1.1 {status} ")), "{path}: {said}");
    }
}

#[test]
fn what_cannot_be_meant_is_a_mistake() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("habits.yaml");
    for (text, args, says) in [
        ("- { on: gateway, effect: reset }\n", &[][..], "never strikes here"),
        ("settings: { dead: true, body-limit: 1KiB }\n", &[], "has no other habits"),
        ("settings: { login: asked }\n", &[], "give --user and --password"),
        ("[]\n", &["--name", "registry.corp"], "write HOST=ADDRESS:PORT"),
    ] {
        fs::write(&file, text).unwrap();
        let mut command = clean(support::SHAKEDOWN, home.path());
        command.args(["serve", "forward-proxy", "--listen", "127.0.0.1:0", "--fault"]).arg(&file).args(args);
        let output = command.output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(says), "{says}: {said}");
    }
}
