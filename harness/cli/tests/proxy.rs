//! `shakedown proxy` and `shakedown record`: a store that misbehaves on the way, and one whose differences are learned and played again.

mod support;

use std::fs;
use std::path::Path;
use std::process::Output;

use shakedown_probe::{Report, Verdict};
use support::{Running, clean, docker_registry, have, oci_layout, serve, skopeo_copy, word_after};

const SECRET: &str = "shakedown-secret";

/// `shakedown NAME ARGS`, once it is ready, and its address.
fn started(name: &str, args: &[&str], home: &Path) -> (Running, String) {
    let mut command = clean(support::SHAKEDOWN, home);
    command.arg(name).args(["--listen", "127.0.0.1:0"]).args(args);
    let running = Running::start(command);
    let ready = running.line_with("ready:");
    let address = word_after(&ready, "proxy on ").to_owned();
    (running, address)
}

/// Ids of the probes that fail.
fn failed(endpoint: &str, home: &Path, args: &[&str]) -> Vec<String> {
    let path = home.join("report.json");
    let mut command = clean(support::SHAKEDOWN, home);
    command.env("AWS_ACCESS_KEY_ID", "shakedown").env("AWS_SECRET_ACCESS_KEY", SECRET);
    command.args(["qualify", "--endpoint", endpoint, "--bucket", "lab"]).args(args);
    let output = command.arg("--report").arg(format!("json={}", path.display())).output().expect("it starts");
    let text = fs::read_to_string(&path).unwrap_or_else(|_| panic!("{}", told(&output)));
    let report: Report = serde_json::from_str(&text).expect("a report");
    report.ids(Verdict::Failed).into_iter().map(str::to_owned).collect()
}

fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn s3(fault: Option<&str>, home: &Path) -> (Running, String) {
    let mut args = vec!["s3", "--listen", "127.0.0.1:0", "--bucket", "lab"];
    args.extend(fault.iter().flat_map(|fault| ["--fault", fault]));
    let (running, ready) = serve(&args, home);
    let endpoint = word_after(&ready, "S3 on ").to_owned();
    (running, endpoint)
}

#[test]
fn the_proxy_leaves_signatures_intact_and_misbehaves_as_it_is_told() {
    let home = tempfile::tempdir().unwrap();
    let (_s3, endpoint) = s3(None, home.path());
    let probes = ["--probes", "addr.,auth.,copy.object,del.,err.,http.,mpu.complete,mpu.list_p,pre."];
    let (_way, through) = started("proxy", &["--upstream", &endpoint], home.path());
    assert_eq!(failed(&through, home.path(), &probes), [""; 0], "nothing changes on the way");

    let file = home.path().join("faults.yaml");
    let answer = "{ status: 501, body: { xml: { code: NotImplemented } } }";
    fs::write(&file, format!("[{{ on: s3, when: {{ operation: DeleteObjects }}, effect: {{ answer: {answer} }} }}]"))
        .unwrap();
    let (_way, through) =
        started("proxy", &["--upstream", &endpoint, "--fault", &file.display().to_string()], home.path());
    assert_eq!(failed(&through, home.path(), &probes), ["del.multi_md5", "del.multi_crc32"]);

    // What only a store can do is refused with its place.
    let late = "{ visible-after: { what: multipart-uploads, delay: 1s } }";
    fs::write(&file, format!("[{{ on: s3, when: {{ operation: CreateMultipartUpload }}, effect: {late} }}]")).unwrap();
    let mut command = clean(support::SHAKEDOWN, home.path());
    let output = command.args(["proxy", "--upstream", &endpoint, "--fault"]).arg(&file).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", told(&output));
    assert!(
        told(&output).contains("fault 0: `visible-after` is something only the store itself can do"),
        "{}",
        told(&output)
    );
}

#[test]
fn docker_registry_pushes_through_the_proxy() {
    if !have("docker-registry") || !have("skopeo") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let (_s3, endpoint) = s3(None, home.path());
    let (_way, through) = started("proxy", &["--upstream", &endpoint], home.path());
    let (_registry, address) = docker_registry(&through, "lab", false, home.path());
    let image = oci_layout(&home.path().join("image"), &[6 << 20, 1000]);
    skopeo_copy(&format!("oci:{}", image.display()), &format!("docker://{address}/lab/app:1"), home.path());
}

#[test]
fn what_is_recorded_of_a_store_is_played_by_the_mock() {
    let home = tempfile::tempdir().unwrap();
    for profile in
        ["gcs-no-multidelete", "gateway-html-errors", "rustfs-no-istruncated", "minio-azure-empty-lmu", "late"]
    {
        let late = home.path().join("late.yaml");
        let fault = "[{ on: s3, when: { operation: CreateMultipartUpload }, effect: { visible-after: { what: multipart-uploads, delay: 500ms } } }]";
        fs::write(&late, fault).unwrap();
        let name = if profile == "late" { late.display().to_string() } else { profile.to_owned() };
        let (_s3, endpoint) = s3(Some(&name), home.path());
        let out = home.path().join(format!("{profile}.recorded.yaml"));
        let (way, through) =
            started("record", &["--upstream", &endpoint, "--out", &out.display().to_string()], home.path());
        // Where uploads are never listed, mpu.list_immediate waits half a minute for each.
        let probes = match profile {
            "minio-azure-empty-lmu" => ["--probes", "mpu.list_prefix"],
            _ => ["--probes", "copy.missing,del.multi,err.,list.istruncated,list.v1,mpu.list_imm,mpu.list_pre"],
        };
        let seen = failed(&through, home.path(), &probes);
        assert!(!seen.is_empty(), "{profile}");
        assert_eq!(way.interrupt().code(), Some(0), "{profile}");
        let recorded = fs::read_to_string(&out).unwrap();
        assert!(!recorded.contains(SECRET) && !recorded.contains("shakedown-qualify-"), "{profile}: {recorded}");
        let (_s3, again) = s3(Some(&out.display().to_string()), home.path());
        assert_eq!(failed(&again, home.path(), &probes), seen, "{profile}: {recorded}");
        if profile == "late" {
            let delay = recorded.split_once("delay: ").expect("a lag").1.split_once("ms").expect("in ms").0;
            let delay: f64 = delay.parse().expect("a number");
            assert!((450.0..600.0).contains(&delay), "{recorded}");
        }
    }
}
