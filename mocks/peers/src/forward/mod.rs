//! A forward proxy as companies have them (incident E10): it is asked with the whole URL (RFC 9112 section 3.2.2) or to CONNECT (RFC 9110
//! section 9.3.6), and sends on to the host that is named. Its habits are in [`ForwardProxySettings`]. Everything is streamed both ways.
//! Not here: single misdeeds (faults `on: forward-proxy`, carried out by `shakedown-inject`).

mod answer;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, HOST, PROXY_AUTHORIZATION, TRANSFER_ENCODING, VIA};
use http::uri::{Authority, Scheme};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use shakedown_faults::forward::ProxyLogin;
use shakedown_faults::{Fault, FaultSet, ForwardProxySettings, On};
use shakedown_inject::Injector;
use shakedown_wire::network::Tunnel;
use shakedown_wire::{Body, Clock, Party, Request, Response, WireError, end_hop};

use crate::passing::{Flag, Notes, drain, limited};

/// What it calls itself in `Via`.
const PSEUDONYM: &str = "1.1 shakedown-forward-proxy";
/// How long a connection for CONNECT may take.
const CONNECTS_WITHIN: Duration = Duration::from_secs(10);

/// User and password of who may pass.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyUser {
    /// The name.
    pub user: String,
    /// The password.
    pub password: String,
}

impl ProxyUser {
    /// The value of `Proxy-Authorization` (RFC 7617).
    pub fn authorization(&self) -> HeaderValue {
        let encoded = BASE64_STANDARD.encode(format!("{}:{}", self.user, self.password));
        HeaderValue::from_str(&format!("Basic {encoded}")).expect("base64 is visible ASCII")
    }
}

/// The password is not shown.
impl std::fmt::Debug for ProxyUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProxyUser").field("user", &self.user).finish_non_exhaustive()
    }
}

/// A forward proxy. Clones share everything.
#[derive(Debug, Clone)]
pub struct ForwardProxy(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: ForwardProxySettings,
    user: ProxyUser,
    /// Hosts that it alone can resolve.
    names: RwLock<BTreeMap<String, Authority>>,
    network: Party,
}

impl ForwardProxy {
    /// Reaches everybody over `network`; `user` may pass where a login is asked for.
    pub fn new(settings: ForwardProxySettings, user: ProxyUser, network: Party) -> Self {
        Self(Arc::new(Inner { settings, user, names: RwLock::default(), network }))
    }

    /// From now on `host` is at `authority`, whatever others think: names of an inner network, which its proxy alone can resolve.
    pub fn name(&self, host: &str, authority: Authority) {
        self.0.names.write().unwrap_or_else(PoisonError::into_inner).insert(host.to_ascii_lowercase(), authority);
    }

    /// The proxy as a party that also has these faults (`on: forward-proxy`).
    pub fn faulty(&self, faults: Vec<Fault>, seed: u64, clock: Clock) -> Party {
        Injector::new(FaultSet::new(faults, seed), On::ForwardProxy, clock).layer(self.party())
    }

    /// The proxy as a party.
    pub fn party(&self) -> Party {
        let proxy = self.clone();
        Party::from_fn(move |request| {
            let proxy = proxy.clone();
            async move { proxy.0.pass(request).await }
        })
    }
}

impl Inner {
    /// One exchange from end to end.
    async fn pass(&self, request: Request) -> Result<Response, WireError> {
        let notes = Notes::of(&request);
        let method = request.method().clone();
        if self.settings.dead {
            notes.add("closed the connection without an answer");
            return Err(WireError::Closed);
        }
        if let Some(delay) = self.settings.delay {
            tokio::time::sleep(delay.0).await;
        }
        if let Some(answer) = self.by_itself(&request, &notes) {
            drain(request).await?;
            return Ok(answer);
        }
        if method == Method::CONNECT {
            let named = request.uri().authority().cloned();
            return Ok(self.tunnel(named.as_ref(), &notes).await);
        }
        let over_limit = Flag::default();
        let outcome = self.network.send(self.prepare(request, &over_limit, &notes)).await;
        if over_limit.is_set() {
            notes.add("refused the body in the middle: it is over the limit");
            return Ok(answer::error(StatusCode::PAYLOAD_TOO_LARGE, &method));
        }
        match outcome {
            Ok(mut response) => {
                end_hop(response.headers_mut());
                via(response.headers_mut());
                Ok(response)
            }
            Err(error) => Ok(no_answer(&error, &method, &notes)),
        }
    }

    /// What it answers without asking anybody.
    fn by_itself(&self, request: &Request, notes: &Notes) -> Option<Response> {
        let (settings, headers, method) = (&self.settings, request.headers(), request.method());
        let own = |said: &str, answer: Response| {
            notes.add(&format!("answered itself: {said}"));
            Some(answer)
        };
        if !self.admits(headers) {
            return own("it wants a login of its own", answer::login(method));
        }
        if let Some(page) = settings.page {
            return own("a page for everything", answer::page(page, method));
        }
        if comes_back(headers) {
            return own("the request came back", answer::wrong("this is a forward proxy: send it the whole URL"));
        }
        if request.uri().scheme() == Some(&Scheme::HTTPS) {
            return own("https", answer::wrong("https passes by CONNECT only"));
        }
        let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        let limit = settings.body_limit.map_or(u64::MAX, |limit| limit.0);
        if let Some(length) = length.filter(|length| *length > limit) {
            let said = format!("a body of {length} bytes is over the limit of {limit}");
            return own(&said, answer::error(StatusCode::PAYLOAD_TOO_LARGE, method));
        }
        if settings.refuse_chunked && headers.contains_key(TRANSFER_ENCODING) {
            return own("a body without its length", answer::error(StatusCode::LENGTH_REQUIRED, method));
        }
        None
    }

    fn admits(&self, headers: &HeaderMap) -> bool {
        match self.settings.login {
            ProxyLogin::None => true,
            ProxyLogin::Asked => headers.get(PROXY_AUTHORIZATION) == Some(&self.user.authorization()),
            ProxyLogin::Wall => false,
        }
    }

    /// What is sent on. `Host` says what the URL says, whatever it said before (RFC 9112 section 3.2.2).
    fn prepare(&self, request: Request, over_limit: &Flag, notes: &Notes) -> Request {
        let (mut head, body) = request.into_parts();
        end_hop(&mut head.headers);
        via(&mut head.headers);
        if self.settings.drop_authorization && head.headers.remove(AUTHORIZATION).is_some() {
            notes.add("kept Authorization to itself");
        }
        if let Some(host) = head.uri.authority().and_then(|host| HeaderValue::from_str(host.as_str()).ok()) {
            head.headers.insert(HOST, host);
        }
        head.uri = self.resolved(std::mem::take(&mut head.uri));
        let length = body.length();
        let body = match self.settings.body_limit {
            None => body,
            Some(limit) => limited(body, limit.0, over_limit.clone()).with_length(length),
        };
        Request::from_parts(head, body)
    }

    fn resolved(&self, uri: Uri) -> Uri {
        let Some(known) = uri.authority().and_then(|authority| self.known(authority, 80)) else { return uri };
        let mut parts = uri.clone().into_parts();
        parts.authority = Some(known);
        Uri::from_parts(parts).unwrap_or(uri)
    }

    /// Where a name of its own is; such a host has one port only.
    fn known(&self, authority: &Authority, port: u16) -> Option<Authority> {
        let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
        let known = names.get(&authority.host().to_ascii_lowercase())?;
        (authority.port_u16().unwrap_or(80) == port).then(|| known.clone())
    }

    /// Connects to what CONNECT names; its server passes the bytes.
    async fn tunnel(&self, named: Option<&Authority>, notes: &Notes) -> Response {
        let Some(named) = named else { return answer::wrong("CONNECT names no host") };
        let is_own = || self.names.read().unwrap_or_else(PoisonError::into_inner).contains_key(named.host());
        let opened = match self.known(named, 80) {
            Some(known) => Tunnel::open(&known, CONNECTS_WITHIN).await,
            None if is_own() => Err(WireError::Refused { authority: named.to_string() }),
            None => Tunnel::open(named, CONNECTS_WITHIN).await,
        };
        match opened {
            Ok(tunnel) => {
                notes.add("opened a tunnel");
                let mut response = Response::new(Body::empty());
                response.extensions_mut().insert(tunnel);
                response
            }
            Err(error) => no_answer(&error, &Method::CONNECT, notes),
        }
    }
}

fn no_answer(error: &WireError, method: &Method, notes: &Notes) -> Response {
    notes.add(&format!("no answer from behind: {error}"));
    let status = match error {
        WireError::Timeout { .. } => StatusCode::GATEWAY_TIMEOUT,
        _ => StatusCode::BAD_GATEWAY,
    };
    answer::error(status, method)
}

/// RFC 9110 section 7.6.3.
fn via(headers: &mut HeaderMap) {
    headers.append(VIA, HeaderValue::from_static(PSEUDONYM));
}

/// True if the request has been here: its host is this proxy itself.
fn comes_back(headers: &HeaderMap) -> bool {
    headers.get_all(VIA).iter().filter_map(|value| value.to_str().ok()).any(|value| value.contains(PSEUDONYM))
}
