//! Where the gateway of a world stands, in memory and on a socket. Not here: what it does, and what is recorded of it.

use http::Uri;
use shakedown_faults::gateway::Before;
use shakedown_wire::server::{self, Server, ServerOptions};
use shakedown_wire::{Lane, Party, WireError};

use super::{Parts, uri};
use crate::gateway::GatewayPart;
use crate::options::Over;
use crate::setup::Setup;
use crate::systems::environment;
use crate::view::ViewError;

/// Where a gateway answers in memory, before the registry and before the storage.
const GATEWAY_AUTHORITY: &str = "gateway.test";
const STORE_GATEWAY_AUTHORITY: &str = "s3-gateway.test";

/// `party` without the way to `registry`: behind a gateway only the gateway reaches it.
pub(super) fn out_of_reach(registry: &Uri, party: Party) -> Party {
    let hidden = registry.authority().cloned();
    Party::from_fn(move |request: shakedown_wire::Request| {
        let (party, is_hidden) = (party.clone(), request.uri().authority() == hidden.as_ref());
        let authority = hidden.as_ref().map(ToString::to_string).unwrap_or_default();
        async move { if is_hidden { Err(WireError::Refused { authority }) } else { party.send(request).await } }
    })
}

impl Parts {
    /// Lets the gateway stand before `upstream`. Its address.
    pub(super) fn stand(
        &self,
        gateway: &GatewayPart,
        upstream: &Uri,
        setup: &Setup,
        servers: &mut Vec<Server>,
    ) -> Result<Uri, ViewError> {
        match setup.over {
            Over::Memory => {
                let authority = match gateway.before() {
                    Before::Registry => GATEWAY_AUTHORITY,
                    Before::Storage => STORE_GATEWAY_AUTHORITY,
                };
                self.net.listen(authority, gateway.party(upstream, self.net.party())?);
                uri(&format!("{}://{authority}", gateway.scheme()))
            }
            Over::Tcp => {
                let party = gateway.party(upstream, self.network.clone())?;
                let party = match gateway.before() {
                    Before::Registry => self.foreigners.party(self.inner.layer(Lane::new("client", "gateway"), party)),
                    Before::Storage => party,
                };
                if gateway.before() == Before::Storage {
                    return uri(&self.serve(party, "a port for the gateway", servers)?);
                }
                let listen = setup.listen;
                let listener =
                    server::bind(listen).map_err(|error| environment(format!("the gateway on {listen}"), error))?;
                let server = server::serve(listener, party, ServerOptions::default());
                let base = uri(&server.base_uri())?;
                servers.push(server);
                Ok(base)
            }
        }
    }
}
