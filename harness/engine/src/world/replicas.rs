//! Worlds with several instances of the registry: the instances, and the round robin before them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use http::uri::Authority;
use shakedown_registry::RegistryConfig;
use shakedown_wire::server::{self, Server, ServerOptions};
use shakedown_wire::{Lane, Party};

use super::{Built, Parts, uri};
use crate::content::derive;
use crate::options::Over;
use crate::setup::ANY_PORT;
use crate::store::Store;
use crate::systems::{REFERENCE_AUTHORITY, ReferenceSystem, Replicas, Running, environment, round_robin};
use crate::view::ViewError;

impl Parts {
    /// Reference registries on one storage, behind a round robin.
    pub(super) fn reference_replicas(
        &self,
        count: u32,
        config: RegistryConfig,
        seed: u64,
        store: Arc<dyn Store>,
        mut servers: Vec<Server>,
    ) -> Result<Built, ViewError> {
        let (mut each, mut authorities): (Vec<Box<dyn Running + Send>>, Vec<Authority>) = Default::default();
        for number in 1..=count {
            let (config, seed, plain) = (config.clone(), derive(seed, &[&number.to_string()]), Box::new(|party| party));
            if self.over == Over::Memory {
                let name = format!("replica-{number}.test");
                each.push(Box::new(ReferenceSystem::in_memory(
                    config,
                    self.way_of_registry(),
                    &self.clock,
                    seed,
                    plain,
                    &self.net,
                    &name,
                )));
                authorities.push(authority(&name)?);
            } else {
                let (system, address) =
                    ReferenceSystem::over_tcp(config, self.way_of_registry(), &self.clock, seed, plain, ANY_PORT)?;
                each.push(Box::new(system));
                authorities.push(authority(&address.to_string())?);
            }
        }
        let base = self.balance(authorities, &mut servers)?;
        Ok(Built { base: uri(&base)?, running: Box::new(Replicas::new(each)), store: Some(store), servers })
    }

    /// Puts a round robin in front of replicas; faults of the front strike there. Gives its address.
    pub(super) fn balance(&self, authorities: Vec<Authority>, servers: &mut Vec<Server>) -> Result<String, ViewError> {
        if self.over == Over::Memory {
            let balancer = self.injector.layer(round_robin(authorities, self.net.party()));
            self.net.listen(REFERENCE_AUTHORITY, balancer);
            return Ok(format!("http://{REFERENCE_AUTHORITY}"));
        }
        let balancer = self.injector.layer(round_robin(authorities, self.network.clone()));
        let party = self.foreigners.party(self.inner.layer(Lane::new("client", "registry"), balancer));
        self.serve(party, "a port for the balancer", servers)
    }

    /// Serves a party on a free port of loopback, or of the network of containers where there are some; gives its base address.
    pub(super) fn serve(&self, party: Party, what: &str, servers: &mut Vec<Server>) -> Result<String, ViewError> {
        let ip = self.meeting.as_ref().map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |meeting| meeting.bind);
        let listener = server::bind(SocketAddr::from((ip, 0))).map_err(|error| environment(what, error))?;
        let server = server::serve(listener, party, ServerOptions::default());
        let base = server.base_uri();
        servers.push(server);
        Ok(base)
    }
}

impl Parts {
    /// An address of [`Parts::serve`], as the registry reaches it.
    pub(super) fn seen_by_systems(&self, base: &str) -> String {
        match &self.meeting {
            Some(meeting) => base.replacen(&meeting.bind.to_string(), &meeting.name, 1),
            None => base.to_owned(),
        }
    }
}

pub(super) fn authority(text: &str) -> Result<Authority, ViewError> {
    text.parse().map_err(|error| environment(format!("the address {text}"), error))
}
