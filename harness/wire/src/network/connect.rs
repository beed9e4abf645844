//! Names, TCP and TLS, with failures in our words.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use http::uri::Authority;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tower::Service;

use super::NetworkOptions;
use crate::WireError;

/// A connection could not be made.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct ConnectFailure(pub(super) WireError);

/// Connects over TCP, and TLS where the scheme is `https`, within the limit.
pub(super) fn connector(options: &NetworkOptions) -> Result<InTime<HttpsConnector<Tcp>>, WireError> {
    let proxy = options.proxy.as_ref().map(|proxy| proxy.authority.clone());
    let tcp = Tcp { receive_buffer: options.receive_buffer, proxy };
    let tls = tls(options.extra_roots_pem.as_deref())?;
    Ok(InTime { inner: HttpsConnector::from((tcp, tls)), limit: options.connect_timeout })
}

fn tls(extra_roots_pem: Option<&[u8]>) -> Result<ClientConfig, WireError> {
    let broken = |reason: String| WireError::Tls { reason };
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let mut added = 0;
    for certificate in extra_roots_pem.map(CertificateDer::pem_slice_iter).into_iter().flatten() {
        let certificate = certificate.map_err(|error| broken(format!("the additional roots are not PEM: {error}")))?;
        roots.add(certificate).map_err(|error| broken(format!("an additional root is not a certificate: {error}")))?;
        added += 1;
    }
    if extra_roots_pem.is_some() && added == 0 {
        return Err(broken("the additional roots hold no certificate: give PEM with BEGIN CERTIFICATE".into()));
    }
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let versions = versions.map_err(|error| broken(error.to_string()))?;
    Ok(versions.with_root_certificates(roots).with_no_client_auth())
}

/// Any connector with a limit of time.
#[derive(Debug, Clone)]
pub(super) struct InTime<C> {
    inner: C,
    limit: Duration,
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type BoxFuture<T> = Pin<Box<dyn Future<Output = Result<T, BoxError>> + Send>>;

impl<C> Service<Uri> for InTime<C>
where
    C: Service<Uri>,
    C::Future: Send + 'static,
    C::Error: Into<BoxError>,
{
    type Response = C::Response;
    type Error = BoxError;
    type Future = BoxFuture<C::Response>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let (connecting, after) = (self.inner.call(uri), self.limit);
        Box::pin(async move {
            match timeout(after, connecting).await {
                Ok(outcome) => outcome.map_err(Into::into),
                Err(_) => Err(ConnectFailure(WireError::Timeout { after }).into()),
            }
        })
    }
}

/// Plain TCP.
#[derive(Debug, Clone)]
pub(super) struct Tcp {
    receive_buffer: Option<usize>,
    /// All connections go there.
    proxy: Option<Authority>,
}

impl Service<Uri> for Tcp {
    type Response = TokioIo<Stream>;
    type Error = BoxError;
    type Future = BoxFuture<Self::Response>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let receive_buffer = self.receive_buffer;
        let proxied = self.proxy.is_some();
        let (host, port) = match &self.proxy {
            Some(proxy) => (proxy.host().to_owned(), proxy.port_u16().unwrap_or(80)),
            None => {
                let default = if uri.scheme_str() == Some("https") { 443 } else { 80 };
                (uri.host().unwrap_or_default().to_owned(), uri.port_u16().unwrap_or(default))
            }
        };
        Box::pin(async move {
            let stream = connect(&host, port).await.map_err(ConnectFailure)?;
            if let Some(size) = receive_buffer {
                socket2::SockRef::from(&stream).set_recv_buffer_size(size)?;
            }
            Ok(TokioIo::new(Stream { tcp: stream, deaf: false, proxied }))
        })
    }
}

/// Tries the addresses of the name one after the other.
pub(super) async fn connect(host: &str, port: u16) -> Result<TcpStream, WireError> {
    let authority = format!("{host}:{port}");
    let unresolved = |reason: String| WireError::Resolve { authority: authority.clone(), reason };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let addresses = tokio::net::lookup_host((bare, port)).await.map_err(|error| unresolved(error.to_string()))?;
    let mut last = unresolved("the name has no address".into());
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => {
                stream.set_nodelay(true).map_err(|error| WireError::Other(error.to_string()))?;
                return Ok(stream);
            }
            Err(error) => last = unreachable(authority.clone(), &error),
        }
    }
    Err(last)
}

fn unreachable(authority: String, error: &io::Error) -> WireError {
    match error.kind() {
        io::ErrorKind::ConnectionReset => WireError::Reset,
        io::ErrorKind::ConnectionRefused => WireError::Refused { authority },
        _ => WireError::Resolve { authority, reason: format!("its address cannot be reached: {error}") },
    }
}

/// A TCP stream that hears its peer out: a peer that refuses an upload answers and closes, and the next write fails although the
/// answer is there to be read. So a failed write is not reported; the reading side tells how the connection ended.
#[derive(Debug)]
pub(super) struct Stream {
    tcp: TcpStream,
    /// The peer takes no more bytes.
    deaf: bool,
    /// It is a proxy, to which requests name whom they are for.
    proxied: bool,
}

impl Stream {
    fn heard_out(&mut self, written: Poll<io::Result<usize>>, all: usize) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(Err(error))
                if matches!(
                    error.kind(),
                    io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted
                ) =>
            {
                self.deaf = true;
                Poll::Ready(Ok(all))
            }
            other => other,
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_read(cx, buf)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.deaf {
            return Poll::Ready(Ok(buf.len()));
        }
        let written = Pin::new(&mut self.tcp).poll_write(cx, buf);
        self.heard_out(written, buf.len())
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let all = bufs.iter().map(|buf| buf.len()).sum();
        if self.deaf {
            return Poll::Ready(Ok(all));
        }
        let written = Pin::new(&mut self.tcp).poll_write_vectored(cx, bufs);
        self.heard_out(written, all)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        Connected::new().proxy(self.proxied)
    }
}
