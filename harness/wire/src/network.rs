//! The TCP client side: a pooled hyper client as a [`Party`].
//!
//! It adds nothing to a request but `Host` and the framing, follows nothing, and repeats nothing that may have reached the peer:
//! only a request of which no byte was written, because its pooled connection turned out to be closed, goes out again on another
//! connection (RFC 9110 section 9.2.2 allows it for any method). Pooled connections are given up before common servers do so.
//!
//! Not here: TLS roots and sockets (`connect`), waiting (`patience`), a connection without all this (`bare`).

mod bare;
mod connect;
mod patience;
#[cfg(test)]
mod tests;
mod tunnel;

use std::time::Duration;

use futures_util::TryFutureExt as _;
use http::header::PROXY_AUTHORIZATION;
use http::uri::Authority;
use http::{HeaderValue, Uri};
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::{Body, Party, Request, Response, WireError, framing, incoming};
pub use bare::Bare;
use connect::ConnectFailure;
use patience::{Patience, Progress};
pub use tunnel::Tunnel;

/// How patient a client is, and whom it trusts.
#[derive(Debug, Clone)]
pub struct NetworkOptions {
    /// Limit for a name, a connection and its TLS.
    pub connect_timeout: Duration,
    /// Longest wait for the head of an answer while no byte of the request moves. An upload that proceeds is not late.
    pub head_timeout: Option<Duration>,
    /// Longest silence within the body of an answer.
    pub body_timeout: Option<Duration>,
    /// How long an unused connection is kept.
    pub idle_timeout: Duration,
    /// Unused connections kept for one authority.
    pub idle_connections: usize,
    /// PEM with certificates to trust besides Mozilla's.
    pub extra_roots_pem: Option<Vec<u8>>,
    /// SO_RCVBUF. Small values make a reader that does not read visible to the sender.
    pub receive_buffer: Option<usize>,
    /// Every `http` request goes there, in absolute form (RFC 9112 section 3.2.2). One with `https` is an error: no tunnel is asked for.
    pub proxy: Option<ForwardProxy>,
}

/// The forward proxy that a client is told to use.
#[derive(Debug, Clone)]
pub struct ForwardProxy {
    /// Its `host:port`; it is reached by http.
    pub authority: Authority,
    /// `Proxy-Authorization` of every request.
    pub authorization: Option<HeaderValue>,
}

impl Default for NetworkOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            head_timeout: Some(Duration::from_secs(60)),
            body_timeout: Some(Duration::from_secs(60)),
            idle_timeout: Duration::from_secs(4),
            idle_connections: 256,
            extra_roots_pem: None,
            receive_buffer: None,
            proxy: None,
        }
    }
}

/// A client for `http` and `https` over TCP. Clones of the party share its pool of connections. If the additional roots cannot
/// be read, every call is answered [`WireError::Tls`] with the reason.
pub fn client(options: &NetworkOptions) -> Party {
    let connector = match connect::connector(options) {
        Ok(connector) => connector,
        Err(error) => return Party::from_fn(move |_| std::future::ready(Err(error.clone()))),
    };
    let client = Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(options.idle_timeout)
        .pool_max_idle_per_host(options.idle_connections)
        .retry_canceled_requests(true)
        .build::<_, Body>(connector);
    let patience = Patience { head: options.head_timeout, body: options.body_timeout };
    let proxy = options.proxy.clone();
    Party::from_fn(move |mut request: Request| {
        framing::request(&mut request);
        if let Some(authorization) = proxy.as_ref().and_then(|proxy| proxy.authorization.clone()) {
            request.headers_mut().insert(PROXY_AUTHORIZATION, authorization);
        }
        let untunnelled =
            proxy.as_ref().filter(|_| request.uri().scheme_str() == Some("https")).map(|_| no_tunnel(request.uri()));
        let client = client.clone();
        async move {
            if let Some(error) = untunnelled {
                return Err(error);
            }
            let response = match patience.head {
                Some(after) => {
                    let progress = Progress::default();
                    let request = request.map(|body| progress.watch(body));
                    patience::for_head(after, &progress, client.request(request).map_err(failure)).await?
                }
                None => client.request(request).await.map_err(failure)?,
            };
            let (head, incoming) = response.into_parts();
            Ok(Response::from_parts(head, patience.for_body(incoming::body(incoming))))
        }
    })
}

fn no_tunnel(uri: &Uri) -> WireError {
    let host = uri.host().unwrap_or_default();
    WireError::Other(format!("{host} is asked for by https, and no tunnel is made through the forward proxy: use http"))
}

/// `heard` gets the status of each interim answer (1xx) to this request. In memory there are none.
pub fn on_interim(request: &mut Request, heard: impl Fn(u16) + Send + Sync + 'static) {
    hyper::ext::on_informational(request, move |answer| heard(answer.status().as_u16()));
}

/// What came instead of a head.
fn failure(error: Error) -> WireError {
    let error = &error;
    if let Some(ConnectFailure(failure)) = incoming::source(error) {
        return failure.clone();
    }
    if error.is_connect() {
        return WireError::Tls { reason: incoming::reason(error) };
    }
    incoming::no_head(error)
}
