//! The TCP server side: serves a [`Party`] on a socket, with real wire effects.
//!
//! What a party returns is what a peer sees (RFC 9112 sections 8 and 9.6):
//! - `Err(Closed)`: no byte and FIN; `Err(Reset)`: no byte and RST; `Err(Raw)`: those bytes, then FIN or RST;
//! - a response body that ends in `Err(Reset)` after N bytes: N bytes and RST; in any other error, or early under an announced
//!   length: N bytes and FIN. The head announces the whole length, as it was given.
//!
//! Not here: how one connection is driven (`connection`) and how it is ended (`ending`); what is answered.

mod answer;
mod connection;
mod ending;
mod socket;
#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};

use crate::Party;

/// The address of the peer, in the extensions of each request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

/// Limits of a server, and sizes that make faults visible.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// Largest head of a request in bytes.
    pub head_bytes: usize,
    /// Most header lines of a request.
    pub headers: usize,
    /// Connections at one time; others wait in the kernel's queue.
    pub connections: usize,
    /// How long a connection may be without a (whole) request head.
    pub head_timeout: Duration,
    /// How long a deliberate end of a connection may take to get its bytes out.
    pub end_timeout: Duration,
    /// How long exchanges may still run after [`Server::shutdown`].
    pub shutdown_timeout: Duration,
    /// SO_SNDBUF. Small values make slow readers and cuts visible (RFC 9293 leaves buffering to the host).
    pub send_buffer: Option<usize>,
    /// SO_RCVBUF. Small values make a server that does not read visible to the sender.
    pub receive_buffer: Option<usize>,
    /// CONNECT reaches the party, which answers it with a [`Tunnel`](crate::network::Tunnel) or an error; else it is answered 400.
    pub tunnels: bool,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            head_bytes: 64 << 10,
            headers: 200,
            connections: 4096,
            head_timeout: Duration::from_secs(120),
            end_timeout: Duration::from_secs(5),
            shutdown_timeout: Duration::from_secs(5),
            send_buffer: None,
            receive_buffer: None,
            tunnels: false,
        }
    }
}

/// A running server. Dropping it stops accepting and aborts its connections.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    accepting: JoinHandle<()>,
    shutdown_timeout: Duration,
}

/// A listener on `address` with SO_REUSEADDR, so that a restarted server gets its port back at once.
///
/// # Errors
/// Those of the operating system, e.g. `AddrInUse`.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { tokio::net::TcpSocket::new_v4()? } else { tokio::net::TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(1024)
}

/// Serves `party` on `listener` until the [`Server`] is shut down or dropped. Must be called inside a tokio runtime.
pub fn serve(listener: TcpListener, party: Party, options: ServerOptions) -> Server {
    let address = listener.local_addr().expect("a bound listener has an address");
    let (stop, stopped) = watch::channel(false);
    let shutdown_timeout = options.shutdown_timeout;
    let accepting = tokio::spawn(accept(listener, party, Arc::new(options), stopped));
    Server { address, stop, accepting, shutdown_timeout }
}

impl Server {
    /// The address it listens on, with the real port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://address:port`.
    pub fn base_uri(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops accepting, lets running exchanges finish within the limit of the options, then ends what is left.
    pub async fn shutdown(mut self) {
        self.stop.send_replace(true);
        if tokio::time::timeout(self.shutdown_timeout, &mut self.accepting).await.is_err() {
            self.abort();
            // The connections are gone when their task is.
            let _ = (&mut self.accepting).await;
        }
    }

    /// Ends everything now and returns when the address is free again.
    pub async fn kill(mut self) {
        self.abort();
        // The listener and the connections are gone when their task is.
        let _ = (&mut self.accepting).await;
    }

    /// Ends everything now.
    pub fn abort(&self) {
        self.accepting.abort();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.abort();
    }
}

/// Accepts until stopped, then waits for the connections. Dropping this future aborts them.
async fn accept(listener: TcpListener, party: Party, options: Arc<ServerOptions>, mut stopped: watch::Receiver<bool>) {
    let slots = Arc::new(Semaphore::new(options.connections.min(Semaphore::MAX_PERMITS)));
    let mut connections = JoinSet::new();
    loop {
        let next = async {
            let slot = slots.clone().acquire_owned().await.expect("nobody closes this semaphore");
            (slot, listener.accept().await)
        };
        let (slot, accepted) = tokio::select! {
            biased;
            _ = stopped.wait_for(|stop| *stop) => break,
            Some(_) = connections.join_next() => continue,
            next = next => next,
        };
        match accepted {
            Ok((stream, peer)) => {
                tune(&stream, &options);
                let (party, options, stopped) = (party.clone(), options.clone(), stopped.clone());
                connections.spawn(async move {
                    connection::drive(stream, Peer(peer), party, options, stopped).await;
                    drop(slot);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                // Out of descriptors or the like: connections must end first, and accept() would fail again at once.
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// Sets socket options; a refusal of the kernel is no reason not to serve.
fn tune(stream: &TcpStream, options: &ServerOptions) {
    let socket = socket2::SockRef::from(stream);
    let nodelay = stream.set_nodelay(true);
    let send = options.send_buffer.map_or(Ok(()), |size| socket.set_send_buffer_size(size));
    let receive = options.receive_buffer.map_or(Ok(()), |size| socket.set_recv_buffer_size(size));
    if let Err(error) = nodelay.and(send).and(receive) {
        tracing::debug!(%error, "cannot set an option of a socket");
    }
}
