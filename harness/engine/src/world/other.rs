//! A second site: a reference registry of its own on a bucket of its own, for `given.other` and `given.upstream`. It has no faults of its own; what stands between the two
//! sites is the gateway of the registry under test, if it has one.

use std::net::{Ipv4Addr, SocketAddr};

use http::Uri;
use shakedown_s3::{Credential, S3Config, S3Mock};
use shakedown_wire::server::{self, Server, ServerOptions};

use super::{BUCKET, Parts, uri};
use crate::content::derive;
use crate::options::Over;
use crate::setup::Setup;
use crate::systems::{ReferenceSystem, Running, Storage, Wrap, environment, settings_of_reference};
use crate::view::ViewError;

/// One of the sites: what its seed is derived by, and where it and its store answer in memory.
pub(super) struct Place {
    pub(super) label: &'static str,
    pub(super) authority: &'static str,
    pub(super) store: &'static str,
}

/// The one of `given.other`.
pub(super) const OTHER: Place = Place { label: "other", authority: "other.test", store: "other-s3.test" };

/// The second site.
#[derive(Debug)]
pub(crate) struct OtherSite {
    /// Its address.
    pub(crate) base: Uri,
    running: ReferenceSystem,
    _servers: Vec<Server>,
}

impl OtherSite {
    /// Ends it.
    pub(crate) async fn stop(&mut self) {
        self.running.stop().await;
    }
}

impl Parts {
    /// Builds it; it answers, and nothing is in it.
    pub(super) fn site(&self, setup: &Setup, place: &Place, wrap: Wrap) -> Result<OtherSite, ViewError> {
        let part = |what: &str| derive(self.seed, &[place.label, what]);
        let keys = vec![("AKIASHAKEDOWNOTHER".to_owned(), format!("{:016x}{:016x}", part("secret"), part("key")))];
        let mut storage = Storage {
            endpoint: format!("http://{}", place.store),
            bucket: BUCKET.to_owned(),
            keys,
            region: "us-east-1".to_owned(),
            root: String::new(),
        };
        self.front.secret(storage.secret_key());
        let credentials = vec![Credential::new(storage.access_key(), storage.secret_key())];
        let config = S3Config { buckets: vec![BUCKET.to_owned()], credentials, ..S3Config::default() };
        let mock = S3Mock::new(config, self.clock.clone(), part("s3"));
        let party = setup.budget.party(mock.party());
        let mut servers = Vec::new();
        match setup.over {
            Over::Memory => self.net.listen(place.store, party),
            Over::Tcp => {
                let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
                let listener = server::bind(any).map_err(|error| environment("a port for the other store", error))?;
                let server = server::serve(listener, party, ServerOptions::default());
                storage.endpoint = server.base_uri();
                servers.push(server);
            }
        }
        let (registry, s3) = (Default::default(), Default::default());
        let config = settings_of_reference(&storage, &registry, &s3, setup.spec, &[], &[])?;
        let (base, running) = match setup.over {
            Over::Memory => {
                let system = ReferenceSystem::in_memory(
                    config,
                    self.way(),
                    &self.clock,
                    part("registry"),
                    wrap,
                    &self.net,
                    place.authority,
                );
                (format!("http://{}", place.authority), system)
            }
            Over::Tcp => {
                let (system, address) = ReferenceSystem::over_tcp(
                    config,
                    self.network.clone(),
                    &self.clock,
                    part("registry"),
                    wrap,
                    crate::setup::ANY_PORT,
                )?;
                (format!("http://{address}"), system)
            }
        };
        Ok(OtherSite { base: uri(&base)?, running, _servers: servers })
    }
}
