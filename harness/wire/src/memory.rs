//! The memory transport: authorities mapped to parties. No sockets, so time can be virtual.

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};

use crate::{Party, Request, WireError};

/// A network in memory. Clones share the map, so a party can be replaced (restarted, killed) while others hold the net.
#[derive(Debug, Clone, Default)]
pub struct MemoryNet(Arc<RwLock<BTreeMap<String, Party>>>);

impl MemoryNet {
    /// Nobody is there yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets `party` answer at `authority` (`host` or `host:port`); the earlier one there is gone.
    pub fn listen(&self, authority: &str, party: Party) {
        self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner).insert(authority.to_owned(), party);
    }

    /// Nobody answers at `authority` any more.
    pub fn close(&self, authority: &str) {
        self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner).remove(authority);
    }

    /// The party that dispatches on the authority of each request's URI.
    pub fn party(&self) -> Party {
        let net = self.clone();
        Party::from_fn(move |request: Request| {
            let target = net.target(&request);
            async move {
                match target?.send(request).await {
                    Err(WireError::Raw { .. }) => Err(WireError::Malformed { reason: "raw bytes instead of an answer".into() }),
                    other => other,
                }
            }
        })
    }

    fn target(&self, request: &Request) -> Result<Party, WireError> {
        let authority = request.uri().authority().map_or("", |a| a.as_str()).to_owned();
        let parties = self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        parties.get(&authority).cloned().ok_or(WireError::Refused { authority })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Body;

    fn get(uri: &str) -> Request {
        http::Request::get(uri).body(Body::empty()).unwrap()
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
