//! One connection with hyper's HTTP on it and nothing around: no pool, no patience, no words of ours. What everything else costs is
//! measured against it; whoever wants answers uses [`super::client`].

use std::net::SocketAddr;

use http::StatusCode;
use http_body_util::BodyExt as _;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use crate::{Body, WireError, incoming};

/// One connection.
#[derive(Debug)]
pub struct Bare {
    sender: SendRequest<Body>,
    driver: JoinHandle<()>,
}

impl Bare {
    /// Connects. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// Nobody answers at the address.
    pub async fn connect(address: SocketAddr) -> Result<Self, WireError> {
        let refused = |_| WireError::Refused { authority: address.to_string() };
        let stream = TcpStream::connect(address).await.map_err(refused)?;
        stream.set_nodelay(true).map_err(|error| WireError::Other(error.to_string()))?;
        let shaken = http1::handshake(TokioIo::new(stream)).await;
        let (sender, connection) = shaken.map_err(|error| incoming::no_head(&error))?;
        // How it ends, the next exchange says.
        let driver = tokio::spawn(async move { drop(connection.await) });
        Ok(Self { sender, driver })
    }

    /// Sends a request as it is (a path as its target, with `Host`), and reads the answer to its end: its status, and how many bytes.
    ///
    /// # Errors
    /// The connection broke.
    pub async fn exchange(&mut self, request: http::Request<Body>) -> Result<(StatusCode, u64), WireError> {
        let broken = |error| incoming::no_head(&error);
        self.sender.ready().await.map_err(broken)?;
        let mut response = self.sender.send_request(request).await.map_err(broken)?;
        let mut bytes = 0;
        while let Some(frame) = response.body_mut().frame().await {
            bytes += frame.map_err(broken)?.data_ref().map_or(0, |data| data.len() as u64);
        }
        Ok((response.status(), bytes))
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        self.driver.abort();
    }
}
