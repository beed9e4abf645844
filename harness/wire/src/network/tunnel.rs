//! A tunnel: the connection that a proxy opens when it is asked to CONNECT (RFC 9110 section 9.3.6). Not here: passing bytes between the two
//! sides (`server`), and who may ask.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::uri::Authority;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::connect;
use crate::WireError;

/// The far side of a tunnel. In the extensions of a 2xx answer to CONNECT it makes the server pass bytes instead of HTTP from there on.
#[derive(Debug, Clone)]
pub struct Tunnel(Arc<Mutex<Option<TcpStream>>>);

impl Tunnel {
    /// Connects to `authority`, which names a port.
    ///
    /// # Errors
    /// It names none, or nobody answers there within `limit`.
    pub async fn open(authority: &Authority, limit: Duration) -> Result<Self, WireError> {
        let port =
            authority.port_u16().ok_or_else(|| WireError::Malformed { reason: "CONNECT names no port".into() })?;
        let connecting = timeout(limit, connect::connect(authority.host(), port));
        let stream = connecting.await.map_err(|_| WireError::Timeout { after: limit })??;
        Ok(Self(Arc::new(Mutex::new(Some(stream)))))
    }

    /// The connection; it can be had once.
    pub(crate) fn take(&self) -> Option<TcpStream> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[cfg(test)]
mod tests {
    use http::{Method, Response, StatusCode};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::network::{ForwardProxy, NetworkOptions, client};
    use crate::server::{Server, ServerOptions, bind, serve};
    use crate::{Body, Party, Request};

    const LIMIT: Duration = Duration::from_secs(20);

    fn start(party: Party, tunnels: bool) -> Server {
        let options = ServerOptions { tunnels, ..ServerOptions::default() };
        serve(bind("127.0.0.1:0".parse().unwrap()).unwrap(), party, options)
    }

    /// Answers with what it was asked.
    fn told() -> Party {
        Party::from_fn(async |request: Request| {
            let names: Vec<_> = request.headers().keys().map(http::HeaderName::as_str).collect();
            Ok(Response::new(Body::from(format!("{} {} {}", request.method(), request.uri(), names.join(" ")))))
        })
    }

    /// Opens what CONNECT names.
    fn opener() -> Party {
        Party::from_fn(async |request: Request| {
            assert_eq!(request.method(), Method::CONNECT);
            let mut answer = Response::new(Body::empty());
            match Tunnel::open(request.uri().authority().unwrap(), LIMIT).await {
                Ok(tunnel) => drop(answer.extensions_mut().insert(tunnel)),
                Err(_) => *answer.status_mut() = StatusCode::BAD_GATEWAY,
            }
            Ok(answer)
        })
    }

    async fn say(server: &Server, text: String) -> String {
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut said = String::new();
        timeout(LIMIT, stream.read_to_string(&mut said)).await.expect("it ends").unwrap();
        said
    }

    #[tokio::test]
    async fn bytes_pass_after_connect_and_an_absent_host_is_an_answer() {
        let (far, proxy) = (start(told(), false), start(opener(), true));
        let inside = format!("GET /x HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", far.address());
        // The client does not wait for the answer to CONNECT: what came with it goes through, too.
        let said = say(&proxy, format!("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n\r\n{inside}", far.address())).await;
        let (head, rest) = said.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200 ") && !head.contains("ontent-"), "{head}");
        assert!(rest.ends_with(&format!("GET http://{}/x host connection", far.address())), "{rest}");
        let gone = far.address();
        far.kill().await;
        let said = say(&proxy, format!("CONNECT {gone} HTTP/1.1\r\nHost: {gone}\r\nConnection: close\r\n\r\n")).await;
        assert!(said.starts_with("HTTP/1.1 502 "), "{said}");
    }

    #[tokio::test]
    async fn a_server_that_is_no_proxy_refuses_connect() {
        let said = say(
            &start(opener(), false),
            "CONNECT a.test:80 HTTP/1.1\r\nHost: a.test:80\r\nConnection: close\r\n\r\n".into(),
        )
        .await;
        assert!(said.starts_with("HTTP/1.1 400 ") && said.contains("no proxy for CONNECT"), "{said}");
    }

    #[tokio::test]
    async fn a_client_names_whom_it_wants_to_its_proxy() {
        let proxy = start(told(), false);
        let authority: Authority = proxy.address().to_string().parse().unwrap();
        let authorization = Some("Basic YTpi".parse().unwrap());
        let options =
            NetworkOptions { proxy: Some(ForwardProxy { authority, authorization }), ..NetworkOptions::default() };
        let ask = async |uri: &str| client(&options).send(http::Request::get(uri).body(Body::empty()).unwrap()).await;
        let answer = ask("http://registry.invalid:5000/v2/?a=b").await.unwrap();
        let said = answer.into_body().collect(200).await.unwrap();
        assert_eq!(said, "GET http://registry.invalid:5000/v2/?a=b host proxy-authorization");
        let refused = ask("https://registry.invalid/v2/").await.unwrap_err();
        assert!(refused.to_string().contains("no tunnel"), "{refused}");
    }
}
