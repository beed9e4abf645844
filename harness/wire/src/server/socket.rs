//! The socket under hyper, and the word that passes between a body that wants the connection to end and the driver that ends it.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::network::Tunnel;
use crate::{ConnectionEnd, WireError};

/// How the connection is to end, once everything written before is out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ending {
    /// Bytes that still go out, past HTTP.
    pub(super) raw: Bytes,
    /// How it ends then.
    pub(super) end: ConnectionEnd,
}

impl From<&WireError> for Ending {
    fn from(error: &WireError) -> Self {
        match error {
            WireError::Reset => Self { raw: Bytes::new(), end: ConnectionEnd::Rst },
            WireError::Raw { bytes, end } => Self { raw: bytes.clone(), end: *end },
            _ => Self { raw: Bytes::new(), end: ConnectionEnd::Fin },
        }
    }
}

/// Shared by the service, the response body, the socket and the driver of one connection.
#[derive(Debug, Clone, Default)]
pub(super) struct Verdict(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    ending: Option<Ending>,
    flushed: bool,
    tunnel: Option<Tunnel>,
}

impl Verdict {
    /// The connection shall end. Whoever says so must stay pending from now on; the first word counts.
    pub(super) fn end(&self, ending: Ending) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.ending.get_or_insert(ending);
    }

    /// When hyper is done with the answer, bytes pass.
    pub(super) fn tunnel(&self, tunnel: Tunnel) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).tunnel = Some(tunnel);
    }

    /// The far side of the tunnel that was asked for.
    pub(super) fn far_side(&self) -> Option<TcpStream> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).tunnel.take()?.take()
    }

    /// hyper has handed everything it had to the kernel (it flushes the socket only with an empty buffer).
    fn flushed(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.flushed = state.ending.is_some();
    }

    /// The ending that was asked for, whether or not it can happen already.
    pub(super) fn asked(&self) -> Option<Ending> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).ending.clone()
    }

    /// The ending, once it was asked for and nothing of hyper's is left to be sent.
    pub(super) fn due(&self) -> Option<Ending> {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.flushed { state.ending.clone() } else { None }
    }
}

/// A TCP stream that reports flushes.
#[derive(Debug)]
pub(super) struct Socket {
    pub(super) stream: TcpStream,
    pub(super) verdict: Verdict,
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        std::task::ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        self.verdict.flushed();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
