//! A client that is to be tested against a registry whose storage misbehaves.

use std::io::{Read, Write};
use std::net::TcpStream;

use shakedown::{S3, System, json};

/// What stands in a test of yours.
pub fn main() {
    let s3 = S3::start().expect("a free port");
    let registry = System::on(&s3, "reference").expect("it starts");
    s3.set_faults([json!({ "effect": "access-denied" })]).expect("a fault");

    let answer = your_client(registry.url(), "/v2/lab/app/manifests/1");
    assert!(answer.starts_with("HTTP/1.1 5"), "{answer}");
    let calls = s3.calls();
    assert!(calls.iter().all(|call| call.status == Some(403) && !call.faults.is_empty()), "{calls:#?}");
}

/// What you test, instead of this.
fn your_client(registry: &str, path: &str) -> String {
    let authority = registry.trim_start_matches("http://");
    let mut socket = TcpStream::connect(authority).expect("it listens");
    let request = format!("GET {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).expect("it is there");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).expect("an answer of text");
    answer
}
