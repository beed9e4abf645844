//! The registry of a world: the reference registry, child processes or containers on the world's storage.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use http::uri::Authority;
use shakedown_faults::forward::ProxyUser as Whose;
use shakedown_scenario::Plan;
use shakedown_wire::Lane;

use super::access::Users;
use super::cache::WorldCache;
use super::storage::Stored;
use super::*;
use crate::setup::ANY_PORT;
use crate::systems::{Storage, fill, kind_of};

impl Parts {
    /// The reference registry on the world's storage.
    pub(super) async fn reference(
        &self,
        plan: &Plan,
        setup: &Setup,
        (defects, allowed): (&[String], &[String]),
        users: &Users,
        (cache, beside): (&WorldCache, &Peers),
    ) -> Result<Built, ViewError> {
        let Stored { store, storage, servers } = self.stored(plan, setup)?;
        let given = &plan.scenario.given;
        let mut config = settings_of_reference(&storage, &given.registry, &given.s3, setup.spec, defects, allowed)?;
        config.auth = users.of_reference()?;
        config.cache = cache.of_reference();
        config.notifications = beside.of_reference();
        config.upstream = self.upstream.as_ref().map(UpstreamPart::config);
        let seed = derive(self.seed, &["registry"]);
        if given.replicas > 1 {
            return self.reference_replicas(given.replicas, config, seed, store, servers);
        }
        let (injector, inner, foreigners) = (self.injector.clone(), self.inner.clone(), self.foreigners.clone());
        let (base, running) = match setup.over {
            Over::Memory => {
                let wrap = Box::new(move |party| injector.layer(party));
                let system = ReferenceSystem::in_memory(
                    config,
                    self.way_of_registry(),
                    &self.clock,
                    seed,
                    wrap,
                    &self.net,
                    REFERENCE_AUTHORITY,
                );
                (format!("http://{REFERENCE_AUTHORITY}"), system)
            }
            Over::Tcp => {
                let wrap = Box::new(move |party| {
                    foreigners.party(inner.layer(Lane::new("client", "registry"), injector.layer(party)))
                });
                // Behind a gateway clients find the gateway, and through a proxy the proxy.
                let hidden = self.gateway.as_ref().is_some_and(|gateway| gateway.before() == Before::Registry)
                    || self.forward.as_ref().is_some_and(|forward| forward.part.whose() == Whose::Client);
                let listen = if hidden { ANY_PORT } else { setup.listen };
                let (system, address) =
                    ReferenceSystem::over_tcp(config, self.way_of_registry(), &self.clock, seed, wrap, listen)?;
                (format!("http://{address}"), system)
            }
        };
        Ok(Built { base: uri(&base)?, running: Box::new(running), store: Some(store), servers })
    }

    /// Child processes or containers on it, one for each replica; where there are several, or the scenario has faults of the front, behind a
    /// proxy.
    pub(super) async fn process(
        &self,
        plan: &Plan,
        setup: &Setup,
        file: &crate::systems::SystemFile,
        users: &Users,
        cache: &WorldCache,
    ) -> Result<Built, ViewError> {
        let Stored { store, storage, mut servers } = self.stored(plan, setup)?;
        let given = &plan.scenario.given;
        let mut vars = users.vars(file, &setup.vars);
        vars.insert("cache-address".to_owned(), cache.address());
        vars.insert("http-proxy".to_owned(), self.proxy_of_registry());
        let texts = kind_of(given.cache).and_then(|kind| file.settings.cache.get(kind)).cloned().unwrap_or_default();
        vars.insert("cache".to_owned(), texts.cache);
        let upstream = self.upstream.as_ref().map(UpstreamPart::address);
        let text = upstream.as_ref().and(file.settings.upstream.clone()).unwrap_or_default();
        vars.insert("upstream-address".to_owned(), upstream.unwrap_or_default());
        vars.insert("upstream".to_owned(), fill(&text, &vars));
        vars.insert("cache-server".to_owned(), fill(&texts.server, &vars));
        let (mut each, mut authorities): (Vec<Box<dyn Running + Send>>, Vec<Authority>) = Default::default();
        for replica in 1..=given.replicas.max(file.replicas) {
            let (system, address) = self.instance(file, &vars, &given.registry, &storage, replica).await?;
            authorities.push(replicas::authority(&address.to_string())?);
            each.push(system);
        }
        let single = (each.len() == 1).then(|| each.pop()).flatten();
        let mut base = match (&single, &authorities[..]) {
            (Some(_), [address]) if !crate::setup::has_front_faults(plan) && !crate::setup::runs_programs(plan) => {
                format!("http://{address}")
            }
            _ => self.balance(authorities, &mut servers)?,
        };
        let mut running = single.unwrap_or_else(|| Box::new(Replicas::new(each)));
        if let (Some(front), Some(meeting)) = (&file.front, &self.meeting) {
            let port = uri(&base)?.port_u16().unwrap_or(80);
            let upstream = format!("{}:{port}", meeting.name);
            let (fronted, address) = Fronted::start(file, front, &vars, &upstream, &self.network, running).await?;
            (running, base) = (Box::new(fronted), format!("http://{address}"));
        }
        let store = (file.storage == StorageOf::Mock).then_some(store);
        Ok(Built { base: uri(&base)?, running, store, servers })
    }

    /// One child process or container, with its address on this host.
    async fn instance(
        &self,
        file: &crate::systems::SystemFile,
        vars: &BTreeMap<String, String>,
        settings: &RegistrySettings,
        storage: &Storage,
        replica: u32,
    ) -> Result<(Box<dyn Running + Send>, SocketAddr), ViewError> {
        if file.is_contained() {
            let around = (&self.clock, &self.network);
            let system = ContainerSystem::start(file, vars, settings, storage, around, replica).await?;
            let address = system.address()?;
            return Ok((Box::new(system), address));
        }
        let system = ProcessSystem::start(file, vars, settings, storage, &self.clock, &self.network, replica).await?;
        let address = system.address();
        Ok((Box::new(system), address))
    }
}
