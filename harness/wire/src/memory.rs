//! The memory transport: authorities mapped to parties. No sockets, so time can be virtual. What either side sees is
//! what it would see over TCP: `Host` and framing in the heads, the same errors.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, RwLock};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Frame, SizeHint};

use crate::framing::{self, Framed};
use crate::{Body, Party, Request, WireError};

/// A network in memory. Clones share the map, so a party can be replaced (restarted, killed) while others hold the net.
/// A party that holds the net it answers on keeps itself alive: [`MemoryNet::close`] lets both go.
#[derive(Debug, Clone, Default)]
pub struct MemoryNet {
    parties: Arc<RwLock<BTreeMap<String, Party>>>,
    latency: Duration,
}

impl MemoryNet {
    /// Nobody is there yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A net on which each exchange takes this long on its way, half before it arrives and half before its head is back. In virtual
    /// time it costs nothing, and a timeline shows what came after what.
    pub fn with_latency(latency: Duration) -> Self {
        Self { latency, ..Self::default() }
    }

    /// Lets `party` answer at `authority` (`host` or `host:port`); the earlier one there is gone.
    pub fn listen(&self, authority: &str, party: Party) {
        self.parties.write().unwrap_or_else(std::sync::PoisonError::into_inner).insert(authority.to_owned(), party);
    }

    /// Nobody answers at `authority` any more.
    pub fn close(&self, authority: &str) {
        self.parties.write().unwrap_or_else(std::sync::PoisonError::into_inner).remove(authority);
    }

    /// The party that dispatches on the authority of each request's URI.
    pub fn party(&self) -> Party {
        self.way(None)
    }

    /// The party that brings every request, whomever it names, to the forward proxy at `authority` (RFC 9112 section 3.2.2).
    pub fn through(&self, authority: &str) -> Party {
        self.way(Some(authority.to_owned()))
    }

    fn way(&self, proxy: Option<String>) -> Party {
        let net = self.clone();
        Party::from_fn(move |mut request: Request| {
            let named = || request.uri().authority().map_or("", |authority| authority.as_str()).to_owned();
            let target = net.target(proxy.clone().unwrap_or_else(named));
            let method = request.method().clone();
            framing::request(&mut request);
            let one_way = net.latency / 2;
            async move {
                travel(one_way).await;
                let response = target?.send(request).await.map_err(instead_of_a_head);
                travel(one_way).await;
                let response = response?;
                Ok(framing::response(response, &method).map(|framed| Body::new(Seen(framed))))
            }
        })
    }

    fn target(&self, authority: String) -> Result<Party, WireError> {
        let parties = self.parties.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        parties.get(&authority).cloned().ok_or(WireError::Refused { authority })
    }
}

/// One way over the net; a timer of no time would still let others run first.
async fn travel(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}

/// What a peer sees when a party fails before its head.
fn instead_of_a_head(error: WireError) -> WireError {
    match error {
        WireError::Reset => WireError::Reset,
        WireError::Raw { bytes, end } => {
            let half_a_head = bytes.is_empty()
                || (bytes.starts_with(b"HTTP/1.") && !bytes.windows(4).any(|four| four == b"\r\n\r\n"));
            let malformed = WireError::Malformed { reason: "raw bytes instead of an answer".into() };
            if half_a_head { WireError::ended(end) } else { malformed }
        }
        _ => WireError::Closed,
    }
}

/// A body whose errors are those a peer would see.
struct Seen(Framed);

impl http_body::Body for Seen {
    type Data = Bytes;
    type Error = WireError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, WireError>>> {
        let polled = std::task::ready!(Pin::new(&mut self.0).poll_frame(cx));
        Poll::Ready(polled.map(|frame| {
            frame.map_err(|error| match error {
                WireError::Reset => WireError::Reset,
                _ => WireError::Truncated { received: self.0.passed() },
            })
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Response;

    fn get(uri: &str) -> Request {
        http::Request::get(uri).body(Body::empty()).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn exchanges_take_their_time() {
        let net = MemoryNet::with_latency(Duration::from_millis(2));
        net.listen("a.test", Party::from_fn(async |_| Ok(http::Response::new(Body::empty()))));
        let began = tokio::time::Instant::now();
        net.party().send(get("http://a.test/x")).await.unwrap();
        assert_eq!(began.elapsed(), Duration::from_millis(2));
    }

    #[tokio::test]
    async fn through_a_proxy_requests_keep_the_authority_that_they_name() {
        let net = MemoryNet::new();
        net.listen(
            "proxy.test",
            Party::from_fn(async |asked: Request| Ok(Response::new(asked.uri().to_string().into()))),
        );
        let answer = net.through("proxy.test").send(get("http://a.test/x")).await.unwrap();
        assert_eq!(answer.into_body().collect(100).await.unwrap(), "http://a.test/x");
        net.close("proxy.test");
        let refused = net.through("proxy.test").send(get("http://a.test/x")).await.unwrap_err();
        assert_eq!(refused, WireError::Refused { authority: "proxy.test".into() });
    }

    #[tokio::test]
    async fn requests_go_to_the_authority_of_their_uri() {
        let net = MemoryNet::new();
        net.listen("a.test", Party::from_fn(async |_| Ok(http::Response::new(Body::full("a")))));
        let client = net.party();
        let answer = client.send(get("http://a.test/x")).await.unwrap();
        assert_eq!(answer.into_body().collect(10).await.unwrap(), "a");
        net.close("a.test");
        let refused = client.send(get("http://a.test/x")).await.unwrap_err();
        assert!(refused.is_unreachable(), "{refused}");
    }
}
