//! Bodies of 100 MiB that really cross a socket, full of what is markup or steers a terminal: the run takes little memory, and what is written
//! of them is small and harmless.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::channel;
use std::time::Duration;

use sha2::{Digest, Sha256};
use shakedown_reports::{FORMATS, Report};

use crate::support::{SHAKEDOWN, clean};

const SIZE: usize = 100 << 20;
/// Memory that the whole run may take; the two bodies together are 200 MiB.
const MOST_MEMORY: u64 = 96 << 20;

/// What the body is made of: markup, escape sequences, NUL, invalid UTF-8.
fn piece() -> Vec<u8> {
    b"<script>alert(1)</script>\x1b[2J\x1b]0;x\x07\x00\xff\xfe::error::x\n".repeat(1000)
}

/// A registry of sorts: manifests called `huge` are huge, uploads are swallowed, nothing else is there.
fn answer(stream: TcpStream) -> std::io::Result<()> {
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    while reader.read_line(&mut first)? > 0 {
        let (mut line, mut length) = (String::new(), 0);
        while reader.read_line(&mut line)? > 2 {
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
            line.clear();
        }
        std::io::copy(&mut reader.by_ref().take(length), &mut std::io::sink())?;
        let head = |status: &str, size: usize| format!("HTTP/1.1 {status}\r\ncontent-length: {size}\r\n\r\n");
        if first.starts_with("GET ") && first.contains("/huge ") {
            writer.write_all(head("200 OK", SIZE).as_bytes())?;
            let (piece, mut left) = (piece(), SIZE);
            while left > 0 {
                let part = &piece[..left.min(piece.len())];
                writer.write_all(part)?;
                left -= part.len();
            }
        } else {
            let there = first.starts_with("PATCH ") || first.contains(" /v2/ ");
            writer.write_all(head(if there { "202 Accepted" } else { "404 Not Found" }, 0).as_bytes())?;
        }
        first.clear();
    }
    Ok(())
}

fn registry() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || drop(answer(stream)));
        }
    });
    format!("http://{address}")
}

/// The most memory a process has held so far; absent where nothing tells.
fn peak(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix("kB"))?;
    Some(line.trim().parse::<u64>().ok()? << 10)
}

#[test]
fn bodies_of_100_mib_stay_out_of_memory_and_reports() {
    let home = tempfile::tempdir().unwrap();
    let text = "title: Bodies of 100 MiB
given: { blobs: { big: { size: 100MiB } } }
steps:
- http: { method: PATCH, path: \"/v2/${repo}/blobs/uploads/1\", body: { blob: big }, expect: { status: 202 } }
- http: { method: GET, path: \"/v2/${repo}/manifests/huge\", expect: { status: 404 } }\n";
    fs::write(home.path().join("huge.yaml"), text).unwrap();
    let mut command = clean(SHAKEDOWN, home.path());
    command.current_dir(home.path()).args(["run", "huge.yaml", "--trace", "all", "--system", &registry()]);
    for format in FORMATS {
        command.args(["--report", &format!("{0}=out/{0}", format.name)]);
    }
    let files = ["stdout", "stderr"].map(|name| fs::File::create(home.path().join(name)).unwrap());
    let [stdout, stderr] = files;
    let mut child = command.stdout(stdout).stderr(stderr).spawn().expect("shakedown starts");
    let (pid, mut most) = (child.id(), None);
    let (sender, ended) = channel();
    std::thread::spawn(move || sender.send(child.wait().expect("a child of ours")));
    // The most ever held only grows, so the last look before the end tells it.
    let status = loop {
        most = peak(pid).max(most);
        if let Ok(status) = ended.recv_timeout(Duration::from_millis(1)) {
            break status;
        }
    };
    let said = |name: &str| fs::read_to_string(home.path().join(name)).expect("UTF-8");
    assert_eq!(status.code(), Some(1), "{}{}", said("stdout"), said("stderr"));
    if cfg!(target_os = "linux") {
        let most = most.expect("Linux tells");
        assert!((4 << 20..MOST_MEMORY).contains(&most), "{most} bytes of memory");
    }

    let report: Report = serde_json::from_str(&said("out/json")).expect("a report");
    let calls = &report.scenarios[0].calls;
    let call = |method: &str| calls.iter().find(|call| call.method == method).expect("it was made");
    assert_eq!((call("PATCH").request_body.bytes, call("PATCH").request_body.complete), (SIZE as u64, true));
    let mut hash = Sha256::new();
    let piece = piece();
    (0..SIZE / piece.len()).for_each(|_| hash.update(&piece));
    hash.update(&piece[..SIZE % piece.len()]);
    let digest: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let got = &call("GET").response_body;
    assert_eq!((got.bytes, got.digest.as_deref()), (SIZE as u64, Some(format!("sha256:{digest}").as_str())));
    for format in FORMATS {
        let text = said(&format!("out/{}", format.name));
        assert!(text.len() < 256 << 10, "{}: {} bytes", format.name, text.len());
        assert!(!text.contains(['\u{1b}', '\u{0}', '\u{7}']), "{}: a control character", format.name);
    }
    assert!(!said("out/html").contains("<script>alert") && !said("stdout").contains('\u{1b}'));
}
