//! Every wire effect over real sockets, seen with a bare socket and with our own client.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Notify;

use super::*;
use crate::network::{NetworkOptions, client};
use crate::{Body, ConnectionEnd, MemoryNet, Request, Response, WireError};

/// Upper limit of every wait; nothing here needs it unless it fails.
const LIMIT: Duration = Duration::from_secs(20);

async fn start(party: Party) -> Server {
    start_with(party, ServerOptions::default()).await
}

async fn start_with(party: Party, options: ServerOptions) -> Server {
    serve(bind("127.0.0.1:0".parse().unwrap()).unwrap(), party, options)
}

fn get(server: &Server, path: &str) -> Request {
    http::Request::get(format!("{}{path}", server.base_uri())).body(Body::empty()).unwrap()
}

/// `total` bytes in pieces of 64 KiB.
fn zeros(total: u64) -> impl futures_util::Stream<Item = Result<Bytes, WireError>> {
    static PIECE: [u8; 64 << 10] = [b'z'; 64 << 10];
    futures_util::stream::unfold(total, |left| async move {
        let size = left.min(PIECE.len() as u64);
        (size > 0).then(|| (Ok(Bytes::from_static(&PIECE[..size as usize])), left - size))
    })
}

/// Sends `request` as it is and reads all that comes, with how it ended: 0 is FIN.
async fn bare(server: &Server, request: &str) -> (Vec<u8>, Result<usize, io::ErrorKind>) {
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    read_all(stream).await
}

async fn read_all(mut stream: TcpStream) -> (Vec<u8>, Result<usize, io::ErrorKind>) {
    let (mut all, mut buffer) = (Vec::new(), vec![0; 64 << 10]);
    loop {
        match tokio::time::timeout(LIMIT, stream.read(&mut buffer)).await.expect("the connection ends") {
            Ok(0) => return (all, Ok(0)),
            Ok(count) => all.extend_from_slice(&buffer[..count]),
            Err(error) => return (all, Err(error.kind())),
        }
    }
}

const GET: &str = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";

fn failing(error: WireError) -> Party {
    Party::from_fn(move |_| std::future::ready(Err(error.clone())))
}

#[tokio::test]
async fn nothing_and_fin_or_rst() {
    for (error, bare_end) in [(WireError::Closed, Ok(0)), (WireError::Reset, Err(io::ErrorKind::ConnectionReset))] {
        let server = start(failing(error.clone())).await;
        assert_eq!(bare(&server, GET).await, (Vec::new(), bare_end));
        let seen = client(&NetworkOptions::default()).send(get(&server, "/")).await.unwrap_err();
        assert_eq!(seen, error);
    }
}

#[tokio::test]
async fn raw_bytes_and_fin_or_rst() {
    for (end, bare_end) in [(ConnectionEnd::Fin, Ok(0)), (ConnectionEnd::Rst, Err(io::ErrorKind::ConnectionReset))] {
        let bytes = Bytes::from_static(b"SSH-2.0-OpenSSH_9.7\r\n");
        let server = start(failing(WireError::Raw { bytes: bytes.clone(), end })).await;
        assert_eq!(bare(&server, GET).await, (bytes.to_vec(), bare_end));
        let seen = client(&NetworkOptions::default()).send(get(&server, "/")).await.unwrap_err();
        assert!(matches!(seen, WireError::Malformed { .. }), "{seen:?}");
    }
    let half = Bytes::from_static(b"HTTP/1.1 200 OK\r\nContent-Le");
    let server = start(failing(WireError::Raw { bytes: half, end: ConnectionEnd::Fin })).await;
    let seen = client(&NetworkOptions::default()).send(get(&server, "/")).await.unwrap_err();
    assert_eq!(seen, WireError::Closed);
}

/// Announces `length`, sends `at` bytes, then `error`.
fn cut(length: u64, at: u64, error: Option<WireError>) -> Party {
    Party::from_fn(move |_| {
        let end = futures_util::stream::iter(error.clone().map(Err));
        std::future::ready(Ok(Response::new(Body::sized(length, zeros(at).chain(end)))))
    })
}

async fn received(response: Response) -> (u64, WireError) {
    let (mut count, mut body) = (0, response.into_body());
    loop {
        match body.next().await.expect("an error before the end") {
            Ok(data) => count += data.len() as u64,
            Err(error) => return (count, error),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exactly_n_bytes_then_fin_or_rst() {
    let small_buffers = ServerOptions { send_buffer: Some(8 << 10), ..ServerOptions::default() };
    for (options, largest) in [(ServerOptions::default(), 9 << 20), (small_buffers, 600_000)] {
        for at in [0, 1, 1000, 300_000, largest] {
            let length = at + 70_000;
            let server =
                start_with(cut(length, at, Some(WireError::Truncated { received: at })), options.clone()).await;
            let (bytes, end) = bare(&server, GET).await;
            assert_eq!((body_length(&bytes, length), end), (at, Ok(0)));
            let response = client(&NetworkOptions::default()).send(get(&server, "/")).await.unwrap();
            assert_eq!(received(response).await, (at, WireError::Truncated { received: at }));

            let server = start_with(cut(length, at, Some(WireError::Reset)), options.clone()).await;
            let (bytes, end) = bare(&server, GET).await;
            assert_eq!((body_length(&bytes, length), end), (at, Err(io::ErrorKind::ConnectionReset)));
            let response = client(&NetworkOptions::default()).send(get(&server, "/")).await.unwrap();
            assert_eq!(received(response).await, (at, WireError::Reset));
        }
    }
}

/// Bytes after the head, which announces `length`.
fn body_length(bytes: &[u8], length: u64) -> u64 {
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a whole head") + 4;
    let announced = format!("content-length: {length}\r\n");
    assert!(
        String::from_utf8_lossy(&bytes[..head]).contains(&announced),
        "{}",
        String::from_utf8_lossy(&bytes[..head])
    );
    (bytes.len() - head) as u64
}

#[tokio::test]
async fn a_body_shorter_or_longer_than_its_head_says() {
    let party = |said: u64| {
        Party::from_fn(move |_| {
            let response =
                http::Response::builder().header("content-length", said).body(Body::full("0123456789")).unwrap();
            std::future::ready(Ok(response))
        })
    };
    let server = start(party(15)).await;
    let client = client(&NetworkOptions::default());
    assert_eq!(
        received(client.send(get(&server, "/")).await.unwrap()).await,
        (10, WireError::Truncated { received: 10 })
    );
    let server = start(party(4)).await;
    assert_eq!(client.send(get(&server, "/")).await.unwrap().into_body().collect(100).await.unwrap(), "0123");
}

#[tokio::test]
async fn a_chunked_body_is_cut_before_its_last_chunk() {
    let party = Party::from_fn(async |_| {
        let frames = zeros(5).chain(futures_util::stream::iter([Err(WireError::Closed)]));
        Ok(Response::new(Body::stream(frames)))
    });
    let server = start(party).await;
    let (bytes, end) = bare(&server, GET).await;
    assert!(bytes.ends_with(b"\r\n\r\n5\r\nzzzzz\r\n") && end == Ok(0), "{}", String::from_utf8_lossy(&bytes));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_early_refusal_of_an_upload_is_the_answer() {
    let party = Party::from_fn(async |_| {
        let response = http::Response::builder().status(403).body(Body::from("denied"));
        Ok(response.unwrap())
    });
    let server = start_with(party, ServerOptions { receive_buffer: Some(8 << 10), ..ServerOptions::default() }).await;
    let client = client(&NetworkOptions::default());
    for _ in 0..20 {
        let size = 64 << 20;
        let upload =
            http::Request::put(format!("{}/", server.base_uri())).body(Body::sized(size, zeros(size))).unwrap();
        let response = client.send(upload).await.unwrap();
        assert_eq!(response.status(), 403);
        assert_eq!(response.into_body().collect(100).await.unwrap(), "denied");
    }
}

#[tokio::test]
async fn continue_is_said_only_to_a_body_that_is_wanted() {
    let head =
        "PUT / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 3\r\nConnection: close\r\nExpect: 100-continue\r\n\r\n";
    let refusing = Party::from_fn(async |_| Ok(http::Response::builder().status(403).body(Body::empty()).unwrap()));
    let (bytes, _) = bare(&start(refusing).await, head).await;
    assert!(bytes.starts_with(b"HTTP/1.1 403"), "{}", String::from_utf8_lossy(&bytes));

    let server = start(echo()).await;
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut said = [0; 25];
    stream.read_exact(&mut said).await.unwrap();
    assert_eq!(&said, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"abc").await.unwrap();
    let (bytes, _) = read_all(stream).await;
    assert!(bytes.ends_with(b"\r\n\r\nabc"), "{}", String::from_utf8_lossy(&bytes));
}

/// Answers the request's body.
fn echo() -> Party {
    Party::from_fn(async |request: Request| {
        let body = request.into_body().collect(1 << 20).await?;
        Ok(Response::new(Body::full(body)))
    })
}

#[tokio::test]
async fn requests_are_made_absolute_or_refused() {
    let party = Party::from_fn(async |request: Request| {
        assert!(request.extensions().get::<Peer>().is_some());
        Ok(Response::new(Body::from(request.uri().to_string())))
    });
    let server = start(party).await;
    let last = "Connection: close\r\n\r\n";
    for (request, answer) in [
        (format!("GET /v2/?a=b HTTP/1.1\r\nHost: reg.test:5000\r\n{last}"), "http://reg.test:5000/v2/?a=b"),
        (format!("GET http://b.test/v2/ HTTP/1.1\r\nHost: a.test\r\n{last}"), "http://b.test/v2/"),
        (format!("GET / HTTP/1.1\r\n{last}"), "exactly one Host header is needed\n"),
        (format!("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n{last}"), "exactly one Host header is needed\n"),
        (format!("GET / HTTP/1.1\r\nHost: u:p@a\r\n{last}"), "the Host header is not valid\n"),
        (format!("GET / HTTP/1.1\r\nHost: a b\r\n{last}"), "the Host header is not valid\n"),
        (format!("OPTIONS * HTTP/1.1\r\nHost: a\r\n{last}"), "the request target is not a path\n"),
        (format!("CONNECT a.test:80 HTTP/1.1\r\nHost: a\r\n{last}"), "this server is no proxy for CONNECT\n"),
    ] {
        let (bytes, _) = bare(&server, &request).await;
        let text = String::from_utf8_lossy(&bytes);
        assert_eq!(text.split_once("\r\n\r\n").unwrap().1, answer, "{request}");
        assert_eq!(text.starts_with("HTTP/1.1 400"), answer.ends_with('\n'), "{text}");
    }
}

#[tokio::test]
async fn oversized_heads_and_garbage_do_not_hurt_the_server() {
    let server = start_with(echo(), ServerOptions { headers: 10, head_bytes: 8192, ..ServerOptions::default() }).await;
    let many: String = (0..20).map(|n| format!("x-{n}: y\r\n")).collect();
    let (bytes, _) = bare(&server, &format!("GET / HTTP/1.1\r\nHost: a\r\n{many}\r\n")).await;
    assert!(bytes.starts_with(b"HTTP/1.1 431"), "{}", String::from_utf8_lossy(&bytes));
    let (bytes, _) = bare(&server, &format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(20_000))).await;
    assert!(bytes.starts_with(b"HTTP/1.1 4"), "{}", String::from_utf8_lossy(&bytes));
    let _ = bare(&server, "\0\0\0 nonsense\r\n\r\n").await;
    assert_eq!(client(&NetworkOptions::default()).send(get(&server, "/")).await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_connection_without_a_request_is_closed() {
    let server =
        start_with(echo(), ServerOptions { head_timeout: Duration::from_millis(50), ..ServerOptions::default() }).await;
    let (bytes, end) = bare(&server, "GET / HT").await;
    assert_eq!((bytes.len(), end), (0, Ok(0)));
}

/// Notifies when the future that holds it is dropped.
struct OnDrop(Arc<Notify>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

#[tokio::test]
async fn a_client_that_leaves_cancels_the_service() {
    let (begun, gone) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (b, g) = (begun.clone(), gone.clone());
    let party = Party::from_fn(move |_| {
        let (begun, guard) = (b.clone(), OnDrop(g.clone()));
        async move {
            let _guard = guard;
            begun.notify_one();
            std::future::pending().await
        }
    });
    let server = start(party).await;
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(GET.as_bytes()).await.unwrap();
    begun.notified().await;
    drop(stream);
    tokio::time::timeout(LIMIT, gone.notified()).await.expect("the service is dropped");
}

#[tokio::test]
async fn a_peer_that_does_not_read_does_not_hold_a_cut_for_ever() {
    let options = ServerOptions {
        end_timeout: Duration::from_millis(50),
        send_buffer: Some(8 << 10),
        ..ServerOptions::default()
    };
    let server = start_with(cut(64 << 20, 32 << 20, Some(WireError::Reset)), options).await;
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(GET.as_bytes()).await.unwrap();
    // The party's bytes never fit into the kernel, so the cut is never reached: only the shutdown ends this connection.
    tokio::time::timeout(LIMIT, server.shutdown()).await.expect("the shutdown is bounded");
    let (bytes, _) = read_all(stream).await;
    assert!(bytes.len() < 32 << 20);
}

#[tokio::test]
async fn shutdown_lets_a_running_exchange_finish() {
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (b, g) = (begun.clone(), go_on.clone());
    let party = Party::from_fn(move |_| {
        let (begun, go_on) = (b.clone(), g.clone());
        async move {
            begun.notify_one();
            go_on.notified().await;
            Ok(Response::new(Body::from("done")))
        }
    });
    let server = start(party).await;
    let (address, request) = (server.address(), get(&server, "/"));
    let client = client(&NetworkOptions::default());
    let running = tokio::spawn({
        let client = client.clone();
        async move { client.send(request).await?.into_body().collect(100).await }
    });
    begun.notified().await;
    let shutdown = tokio::spawn(server.shutdown());
    // The listener is gone as soon as the accepting task has seen the word.
    let refused = async {
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LIMIT, refused).await.expect("nobody accepts any more");
    go_on.notify_one();
    assert_eq!(running.await.unwrap().unwrap(), "done");
    tokio::time::timeout(LIMIT, shutdown).await.expect("the shutdown ends").unwrap();
}

#[tokio::test]
async fn dropping_the_server_ends_its_connections() {
    let server = start(Party::from_fn(async |_| std::future::pending().await)).await;
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(GET.as_bytes()).await.unwrap();
    drop(server);
    let (bytes, _) = read_all(stream).await;
    assert!(bytes.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once() {
    let server = start_with(echo(), ServerOptions { connections: 64, ..ServerOptions::default() }).await;
    let client = client(&NetworkOptions::default());
    let calls = (0..64u64).map(|n| {
        let (client, uri) = (client.clone(), format!("{}/{n}", server.base_uri()));
        async move {
            let request = http::Request::put(uri).body(Body::stream(zeros(n * 3000))).unwrap();
            client.send(request).await.unwrap().into_body().drain().await.unwrap() == n * 3000
        }
    });
    let done = tokio::time::timeout(LIMIT, futures_util::future::join_all(calls)).await.expect("all are answered");
    assert!(done.into_iter().all(|right| right));
}

#[tokio::test]
async fn memory_and_tcp_give_the_same_answers() {
    let party = Party::from_fn(async |request: Request| {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        match path.as_str() {
            "/closed" => return Err(WireError::Closed),
            "/reset" => return Err(WireError::Reset),
            "/short" => {
                return Ok(http::Response::builder().header("content-length", 9).body(Body::full("four")).unwrap());
            }
            "/long" => {
                return Ok(http::Response::builder().header("content-length", 2).body(Body::full("four")).unwrap());
            }
            "/other" => return Err(WireError::Other("anything".into())),
            "/half" => {
                let bytes = Bytes::from_static(b"HTTP/1.1 200 OK\r\n");
                return Err(WireError::Raw { bytes, end: ConnectionEnd::Fin });
            }
            "/cut" => {
                return Ok(Response::new(Body::sized(
                    9,
                    zeros(4).chain(futures_util::stream::iter([Err(WireError::Reset)])),
                )));
            }
            "/nothing" => return Ok(http::Response::builder().status(204).body(Body::empty()).unwrap()),
            _ => {}
        }
        let mut response = http::Response::builder().status(201).header("x-path", path);
        for name in ["host", "content-length", "transfer-encoding"] {
            if let Some(value) = request.headers().get(name) {
                response = response.header(format!("x-{name}"), value);
            }
        }
        let body = request.into_body().collect(100).await?;
        Ok(response.body(if method == "HEAD" { Body::sized(12, zeros(12)) } else { Body::full(body) }).unwrap())
    });
    let net = MemoryNet::new();
    let server = start(party.clone()).await;
    net.listen(&server.address().to_string(), party);
    let (memory, tcp) = (net.party(), client(&NetworkOptions::default()));
    for (method, path) in [
        ("PUT", "/a"),
        ("HEAD", "/b"),
        ("GET", "/closed"),
        ("GET", "/reset"),
        ("GET", "/cut"),
        ("GET", "/short"),
        ("GET", "/long"),
        ("GET", "/other"),
        ("GET", "/half"),
        ("DELETE", "/nothing"),
        ("POST", "/c%2Fd"),
        ("PATCH", "/streamed"),
        ("GET", "/empty"),
        ("PUT", "/empty"),
        ("DELETE", "/empty"),
    ] {
        let mut answers = Vec::new();
        for party in [&memory, &tcp] {
            let uri = format!("{}{path}", server.base_uri());
            let body = match path {
                "/streamed" => Body::stream(zeros(5)),
                "/empty" | "/b" => Body::empty(),
                _ => Body::from(method),
            };
            let request = http::Request::builder().method(method).uri(uri).body(body).unwrap();
            answers.push(summary(party.send(request).await).await);
        }
        assert_eq!(answers[0], answers[1], "{method} {path}");
    }
}

async fn summary(outcome: Result<Response, WireError>) -> String {
    match outcome {
        Err(error) => error.to_string(),
        Ok(response) => {
            let (mut head, body) = response.into_parts();
            head.headers.remove("date");
            head.headers.remove("connection");
            let mut lines: Vec<_> = head.headers.iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
            lines.sort();
            format!("{} {lines:?} {:?}", head.status, body.collect(100).await)
        }
    }
}
