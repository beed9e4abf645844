//! Random bytes on real sockets: heads that break off, chunked bodies that are none, lengths beyond all measure, requests sent without waiting.
//! The registry stays up, keeps what it acknowledged, and its process does not grow. Not here: requests that are HTTP (`requests`).

use std::net::SocketAddr;
use std::time::Duration;

use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng};
use rand_chacha::ChaCha8Rng;
use shakedown_wire::server::{ServerOptions, bind, serve};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::memory::{Memory, alone};
use crate::support::Lab;

const CONNECTIONS: usize = 300;

const PIECES: &[&[u8]] = &[
    b"GET /v2/ HTTP/1.1\r\nHost: r\r\n\r\n",
    b"GET /v2/lab/tags/list?n=1 HTTP/1.1\r\nHost: r\r\n\r\n",
    b"HEAD /v2/_catalog HTTP/1.0\r\n\r\n",
    b"POST /v2/lab/blobs/uploads/ HTTP/1.1\r\nHost: r\r\nContent-Length: 0\r\n\r\n",
    b"POST /v2/lab/blobs/uploads/ HTTP/1.1\r\nHost: r\r\nContent-Length: 18446744073709551615\r\n\r\n",
    b"PUT /v2/lab/manifests/v1 HTTP/1.1\r\nHost: r\r\nContent-Length: 999999999999\r\n\r\n{",
    b"PUT /v2/lab/manifests/v1 HTTP/1.1\r\nHost: r\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n{}",
    b"PUT /v2/lab/manifests/v1 HTTP/1.1\r\nHost: r\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
    b"PUT /v2/lab/manifests/v1 HTTP/1.1\r\nHost: r\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    b"PUT /v2/lab/manifests/v1 HTTP/1.1\r\nHost: r\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n{}\r\n0\r\n\r\n",
    b"PATCH /v2/lab/blobs/uploads/x HTTP/1.1\r\nHost: r\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    b"DELETE /v2/lab/blobs/sha256:abc HTTP/1.1\r\nHost: r\r\nExpect: 100-continue\r\n\r\n",
    b"GET /v2/ HTTP/1.1\r\nHost: r\r\nX: ",
    b"GET /v2/\0 HTTP/1.1\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"\r\n",
    b": ",
    b"\0\xff\xfe",
];

/// What one connection sends: pieces in a row, now and then one byte of them is another, now and then it goes on and on.
fn garbage(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..rng.random_range(1..6)).flat_map(|_| PIECES.choose(rng).unwrap().to_vec()).collect();
    if rng.random_ratio(1, 3) {
        let at = rng.random_range(0..bytes.len());
        bytes[at] = rng.random();
    }
    if rng.random_ratio(1, 5) {
        let endless = vec![rng.random::<u8>(); rng.random_range(1..300_000)];
        bytes.extend(endless);
    }
    bytes.truncate(if rng.random() { bytes.len() } else { rng.random_range(0..bytes.len()) });
    bytes
}

/// Sends and reads to the end. Whatever the server does with the connection is right, but it must end it. `and_leave`: says that nothing
/// more comes, after which a server need not answer.
async fn send(address: SocketAddr, bytes: &[u8], and_leave: bool) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.expect("the server listens");
    let mut answer = Vec::new();
    let exchange = async {
        let (mut reader, mut writer) = stream.split();
        let sending = async {
            let _ = writer.write_all(bytes).await;
            if and_leave {
                let _ = writer.shutdown().await;
            }
        };
        let _ = tokio::join!(sending, reader.read_to_end(&mut answer));
    };
    let ended = tokio::time::timeout(Duration::from_secs(20), exchange).await;
    assert!(ended.is_ok(), "the connection hangs: {}", String::from_utf8_lossy(&bytes[..bytes.len().min(500)]));
    answer
}

#[test]
fn no_bytes_on_a_socket_bring_the_registry_down() {
    let _alone = alone();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let lab = Lab::small_parts();
        let kept = lab.push_blob("kept/safe", b"what was acknowledged").await;
        let server =
            serve(bind("127.0.0.1:0".parse().unwrap()).unwrap(), lab.registry.party(), ServerOptions::default());
        let ask = format!("GET /v2/kept/safe/blobs/{kept} HTTP/1.1\r\nHost: r\r\nConnection: close\r\n\r\n");
        let before = Memory::now();
        for at in 0..CONNECTIONS {
            let bytes = garbage(&mut rng);
            let answer = send(server.address(), &bytes, true).await;
            let text = String::from_utf8_lossy(&answer);
            assert!(!text.starts_with("HTTP/1.1 5"), "connection {at}: {}\n{text}", String::from_utf8_lossy(&bytes));
        }
        let answer = String::from_utf8(send(server.address(), ask.as_bytes(), false).await).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("\r\n\r\nwhat was acknowledged"), "{answer}");
        before.has_not_grown();
        server.shutdown().await;
    });
}
