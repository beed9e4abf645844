//! What the client makes of peers that are absent, slow, stale or not what they seem.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use super::*;
use crate::server::{Server, ServerOptions, bind, serve};

fn get(uri: String) -> Request {
    http::Request::get(uri).body(Body::empty()).unwrap()
}

fn start(party: Party) -> Server {
    serve(bind("127.0.0.1:0".parse().unwrap()).unwrap(), party, ServerOptions::default())
}

async fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/", listener.local_addr().unwrap());
    (listener, uri)
}

/// Reads up to the end of a head without a body.
async fn read_head(stream: &mut TcpStream) {
    let mut seen = Vec::new();
    while !seen.ends_with(b"\r\n\r\n") {
        seen.push(stream.read_u8().await.unwrap());
    }
}

#[tokio::test]
async fn an_absent_peer_is_an_environment_error() {
    let client = client(&NetworkOptions::default());
    let (closed, uri) = listener().await;
    drop(closed);
    let refused = client.send(get(uri)).await.unwrap_err();
    assert!(matches!(&refused, WireError::Refused { authority } if authority.starts_with("127.0.0.1:")), "{refused:?}");
    let unknown = client.send(get("http://registry.invalid:5000/".into())).await.unwrap_err();
    assert!(
        matches!(&unknown, WireError::Resolve { authority, .. } if authority == "registry.invalid:5000"),
        "{unknown:?}"
    );
    assert!(refused.is_unreachable() && unknown.is_unreachable());
}

#[tokio::test]
async fn tls_to_a_plain_peer_and_bad_roots_are_tls_errors() {
    let server = start(Party::from_fn(async |_| Ok(Response::new(Body::empty()))));
    let uri = server.base_uri().replace("http:", "https:");
    let seen = client(&NetworkOptions::default()).send(get(uri.clone())).await.unwrap_err();
    assert!(matches!(seen, WireError::Tls { .. }), "{seen:?}");
    for pem in [&b"nonsense"[..], b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let options = NetworkOptions { extra_roots_pem: Some(pem.to_vec()), ..NetworkOptions::default() };
        let seen = client(&options).send(get(uri.clone())).await.unwrap_err();
        assert!(matches!(seen, WireError::Tls { .. }), "{seen:?}");
    }
}

#[tokio::test]
async fn a_silent_peer_is_left_after_the_limit() {
    let after = Duration::from_millis(50);
    let options = NetworkOptions { head_timeout: Some(after), body_timeout: Some(after), ..NetworkOptions::default() };
    let server = start(Party::from_fn(async |request: Request| match request.uri().path() {
        "/head" => std::future::pending().await,
        _ => {
            let first = futures_util::stream::iter([Ok(Bytes::from_static(b"abc"))]);
            Ok(Response::new(Body::sized(9, futures_util::StreamExt::chain(first, futures_util::stream::pending()))))
        }
    }));
    let client = client(&options);
    let seen = client.send(get(format!("{}/head", server.base_uri()))).await.unwrap_err();
    assert_eq!(seen, WireError::Timeout { after });
    let mut body = client.send(get(format!("{}/body", server.base_uri()))).await.unwrap().into_body();
    assert_eq!(body.next().await.unwrap().unwrap(), "abc");
    assert_eq!(body.next().await.unwrap(), Err(WireError::Timeout { after }));
}

#[tokio::test]
async fn an_upload_that_proceeds_is_not_late() {
    let after = Duration::from_millis(200);
    let client = client(&NetworkOptions { head_timeout: Some(after), ..NetworkOptions::default() });
    let server = start(Party::from_fn(async |request: Request| {
        let count = request.into_body().drain().await?;
        Ok(Response::new(Body::from(count.to_string())))
    }));
    let ticks = tokio::time::interval(Duration::from_millis(40));
    let slow = futures_util::stream::unfold((ticks, 0), |(mut ticks, n)| async move {
        ticks.tick().await;
        (n < 12).then_some((Ok(Bytes::from_static(b"x")), (ticks, n + 1)))
    });
    let request = http::Request::put(server.base_uri()).body(Body::stream(slow)).unwrap();
    assert_eq!(client.send(request).await.unwrap().into_body().collect(10).await.unwrap(), "12");
}

#[tokio::test]
async fn a_connection_closed_while_idle_is_replaced_without_a_trace() {
    let (listener, uri) = listener().await;
    let closed = Arc::new(Notify::new());
    let closing = closed.clone();
    let peer = tokio::spawn(async move {
        for last in [false, true] {
            let (mut stream, _) = listener.accept().await.unwrap();
            read_head(&mut stream).await;
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await.unwrap();
            if !last {
                stream.shutdown().await.unwrap();
                // The client closes its side when it has noticed.
                assert_eq!(stream.read(&mut [0; 1]).await.unwrap(), 0);
                closing.notify_one();
            }
        }
    });
    let client = client(&NetworkOptions::default());
    client.send(get(uri.clone())).await.unwrap().into_body().drain().await.unwrap();
    closed.notified().await;
    assert_eq!(client.send(get(uri)).await.unwrap().into_body().collect(10).await.unwrap(), "ok");
    peer.await.unwrap();
}

#[tokio::test]
async fn a_request_that_reached_the_peer_is_never_repeated() {
    let (listener, uri) = listener().await;
    let count = Arc::new(AtomicUsize::new(0));
    let seen = count.clone();
    let peer = tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            read_head(&mut stream).await;
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await.unwrap();
            read_head(&mut stream).await;
            seen.fetch_add(1, Ordering::SeqCst);
        }
    });
    let client = client(&NetworkOptions::default());
    client.send(get(uri.clone())).await.unwrap().into_body().drain().await.unwrap();
    assert_eq!(client.send(get(uri)).await.unwrap_err(), WireError::Closed);
    assert_eq!(count.load(Ordering::SeqCst), 1);
    peer.abort();
}

#[tokio::test]
async fn broken_framing_is_malformed() {
    let answers = [
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nab",
        "HTTX/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n",
    ];
    for answer in answers {
        let (listener, uri) = listener().await;
        let peer = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            read_head(&mut stream).await;
            stream.write_all(answer.as_bytes()).await.unwrap();
            stream
        });
        let error = match client(&NetworkOptions::default()).send(get(uri)).await {
            Ok(response) => response.into_body().drain().await.unwrap_err(),
            Err(error) => error,
        };
        assert!(matches!(error, WireError::Malformed { .. }), "{answer}: {error:?}");
        drop(peer.await.unwrap());
    }
}

#[tokio::test]
async fn nothing_is_added_but_the_host() {
    let server = start(Party::from_fn(async |request: Request| {
        let names: Vec<_> = request.headers().keys().map(ToString::to_string).collect();
        Ok(Response::new(Body::from(names.join(" "))))
    }));
    let answer = client(&NetworkOptions::default()).send(get(server.base_uri())).await.unwrap();
    assert_eq!(answer.into_body().collect(100).await.unwrap(), "host");
}

#[tokio::test]
async fn a_bare_connection_serves_one_exchange_after_the_other() {
    let server = start(Party::from_fn(async |request: Request| {
        let sent = request.into_body().drain().await?;
        Ok(Response::new(Body::from(vec![0; usize::try_from(sent).unwrap() * 2])))
    }));
    let mut bare = Bare::connect(server.address()).await.unwrap();
    for length in [0, 7, 300_000] {
        let request =
            http::Request::put("/x").header("host", "registry.test").body(Body::from(vec![1; length])).unwrap();
        assert_eq!(bare.exchange(request).await.unwrap(), (http::StatusCode::OK, length as u64 * 2));
    }
    server.kill().await;
    let request = http::Request::get("/x").header("host", "registry.test").body(Body::empty()).unwrap();
    assert!(bare.exchange(request).await.is_err());
    let (closed, _) = listener().await;
    let address = closed.local_addr().unwrap();
    drop(closed);
    assert!(matches!(Bare::connect(address).await, Err(WireError::Refused { .. })));
}
