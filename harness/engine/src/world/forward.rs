//! Where the forward proxy of a world stands, in memory and on a socket, and the ways that lead through it. Not here: what it does, and what is
//! recorded of it.
//!
//! Over TCP what is reached through it has a name that the proxy alone resolves, as in a company's inner network: programs in Go never use a
//! proxy for an address of loopback, and so a child of ours or a client uses it for these names.

use http::uri::Authority;
use shakedown_faults::forward::{ProxyLogin, ProxyUser as Whose};
use shakedown_scenario::Plan;
use shakedown_wire::network::{self, ForwardProxy, NetworkOptions};
use shakedown_wire::server::{self, Server, ServerOptions};
use shakedown_wire::{Lane, Party};

use super::{Parts, S3_AUTHORITY, World, replicas};
use crate::forward::{FORWARD_PROXY, ForwardPart};
use crate::options::Over;
use crate::setup::Setup;
use crate::systems::{REFERENCE_AUTHORITY, environment};
use crate::view::ViewError;

/// Where it answers in memory.
const AUTHORITY: &str = "forward-proxy.test";

/// A forward proxy that stands.
#[derive(Debug)]
pub(crate) struct ForwardStand {
    pub(crate) part: ForwardPart,
    /// The way through it.
    pub(super) way: Party,
    /// Its URL for programs of this host, with user and password where it asks for them.
    url: String,
}

impl ForwardStand {
    fn is_for(&self, whose: Whose) -> bool {
        self.part.whose() == whose
    }
}

impl Parts {
    /// Lets it stand.
    pub(super) fn forward(
        &self,
        plan: &Plan,
        setup: &Setup,
        servers: &mut Vec<Server>,
    ) -> Result<Option<ForwardStand>, ViewError> {
        let Some(settings) = &plan.scenario.given.forward_proxy else { return Ok(None) };
        let part = ForwardPart::new(settings, self.way(), &self.clock, self.seed);
        let user = part.user().clone();
        self.front.secret(&user.password);
        let asks = settings.login != ProxyLogin::None;
        let authorization = asks.then(|| user.authorization());
        if let Over::Memory = self.over {
            self.net.listen(AUTHORITY, part.party());
            let through = self.net.through(AUTHORITY);
            let way = match authorization {
                None => through,
                Some(value) => Party::from_fn(move |mut request: shakedown_wire::Request| {
                    request.headers_mut().insert(http::header::PROXY_AUTHORIZATION, value.clone());
                    let through = through.clone();
                    async move { through.send(request).await }
                }),
            };
            return Ok(Some(ForwardStand { part, way, url: String::new() }));
        }
        let party = match part.whose() {
            Whose::Client => self.foreigners.party(self.inner.layer(Lane::new("client", FORWARD_PROXY), part.party())),
            Whose::Registry => part.party(),
        };
        let address = self.serve_proxy(party, part.whose(), setup, servers)?;
        let proxy = ForwardProxy { authority: address.clone(), authorization };
        let way = network::client(&NetworkOptions { proxy: Some(proxy), ..self.options.clone() });
        let login = if asks { format!("{}:{}@", user.user, user.password) } else { String::new() };
        let url = self.seen_by_systems(&format!("http://{address}")).replacen("://", &format!("://{login}"), 1);
        Ok(Some(ForwardStand { part, way, url }))
    }

    fn serve_proxy(
        &self,
        party: Party,
        whose: Whose,
        setup: &Setup,
        servers: &mut Vec<Server>,
    ) -> Result<Authority, ViewError> {
        let listen = match (whose, &self.meeting) {
            (Whose::Client, _) => setup.listen,
            (Whose::Registry, Some(meeting)) => (meeting.bind, 0).into(),
            (Whose::Registry, None) => crate::setup::ANY_PORT,
        };
        let refused = |error| environment(format!("the forward proxy on {listen}"), error);
        let listener = server::bind(listen).map_err(refused)?;
        let server = server::serve(listener, party, ServerOptions { tunnels: true, ..ServerOptions::default() });
        let authority = replicas::authority(&server.address().to_string())?;
        servers.push(server);
        Ok(authority)
    }

    fn forward_for(&self, whose: Whose) -> Option<&ForwardStand> {
        self.forward.as_ref().filter(|forward| forward.is_for(whose))
    }

    /// The way of the registry to everybody.
    pub(super) fn way_of_registry(&self) -> Party {
        self.forward_for(Whose::Registry).map_or_else(|| self.way(), |forward| forward.way.clone())
    }

    /// `http_proxy` of a registry that is a process or a container, if it is told to use one.
    pub(super) fn proxy_of_registry(&self) -> String {
        self.forward_for(Whose::Registry).map(|forward| forward.url.clone()).unwrap_or_default()
    }

    /// The address of the storage for a registry that reaches it through the proxy; `seen` for all others.
    pub(super) fn storage_through_proxy(&self, own: &str, seen: String) -> Result<String, ViewError> {
        let Some(forward) = self.forward_for(Whose::Registry) else { return Ok(seen) };
        forward.part.watch(Some(S3_AUTHORITY), &replicas::authority(own.trim_start_matches("http://"))?);
        Ok(format!("http://{S3_AUTHORITY}"))
    }

    /// The name of the upstream at `direct` for a registry that reaches it through the proxy over TCP.
    pub(super) fn upstream_through_proxy(&self, name: &'static str, direct: &Authority) -> Option<&'static str> {
        let forward = self.forward_for(Whose::Registry)?;
        let name = (self.over == Over::Tcp).then_some(name);
        forward.part.watch(name, direct);
        name
    }

    /// The way of the clients to the registry at `direct`, and its address there, if they come through the proxy.
    pub(super) fn through_proxy(&self, direct: &Authority) -> Option<(String, Party)> {
        let forward = self.forward_for(Whose::Client)?;
        let name = (self.over == Over::Tcp).then_some(REFERENCE_AUTHORITY);
        forward.part.watch(name, direct);
        Some((format!("http://{}", name.unwrap_or(direct.as_str())), forward.way.clone()))
    }
}

impl World {
    /// What programs that steps run are told of the proxy.
    pub(crate) fn proxy_of_programs(&self) -> Vec<(String, String)> {
        let forward = self.forward.as_ref().filter(|forward| forward.is_for(Whose::Client));
        forward.map(|forward| crate::systems::proxy_variables(&forward.url)).unwrap_or_default()
    }

    /// True if clients reach the registry through the proxy.
    pub(super) fn is_behind_proxy(&self) -> bool {
        self.forward.as_ref().is_some_and(|forward| forward.is_for(Whose::Client))
    }

    /// Where calls of clients to the registry arrive first.
    pub(super) fn front_lane(&self) -> &'static str {
        match (self.is_behind_gateway(), self.is_behind_proxy()) {
            (true, _) => "gateway",
            (_, true) => FORWARD_PROXY,
            _ => "registry",
        }
    }
}
