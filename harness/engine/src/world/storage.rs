//! The storage of a world: the mock with the rules and keys of the scenario.

use shakedown_faults::Fault;
use shakedown_faults::gateway::Before;
use shakedown_s3::{Credential, S3Config, S3Mock};
use shakedown_scenario::{Plan, S3Settings};
use shakedown_wire::server::Server;

use super::{BUCKET, KEYS, Parts, S3_AUTHORITY, uri};
use crate::content::derive;
use crate::options::Over;
use crate::setup::Setup;
use crate::systems::Storage;
use crate::view::ViewError;

/// Clients other than the registry come with presigned URLs.
pub(super) fn standing(settings: &S3Settings) -> Vec<Fault> {
    if settings.refuse_clients != Some(true) {
        return Vec::new();
    }
    let refuse =
        serde_json::json!({ "on": "s3", "when": { "query": { "X-Amz-Signature": "*" } }, "effect": "access-denied" });
    vec![serde_json::from_value(refuse).expect("the text above is a fault")]
}

impl Parts {
    /// The mock with the scenario's rules, and where it is to be found.
    pub(super) fn mock(&self, plan: &Plan, setup: &Setup) -> Result<(S3Mock, Storage, Vec<Server>), ViewError> {
        let key = |number: u32| {
            let part = |what: &str| derive(self.seed, &[what, &number.to_string()]);
            (format!("AKIASHAKEDOWN{number}"), format!("{:016x}{:016x}", part("secret"), part("key")))
        };
        let mut storage = Storage {
            endpoint: format!("http://{S3_AUTHORITY}"),
            bucket: BUCKET.to_owned(),
            keys: (0..KEYS).map(key).collect(),
            region: "us-east-1".to_owned(),
        };
        storage.keys.iter().for_each(|(_, secret)| self.front.secret(secret));
        let credentials =
            storage.keys.iter().map(|(access_key, secret_key)| Credential::new(access_key, secret_key)).collect();
        let config = S3Config { buckets: vec![BUCKET.to_owned()], credentials, ..S3Config::default() };
        let config = s3_config(config, &plan.scenario.given.s3);
        let mock = S3Mock::new(config, self.clock.clone(), derive(self.seed, &["s3"]));
        for secret in &setup.secrets {
            mock.recorder().secret(secret);
        }
        let party = setup.budget.party(mock.party());
        let mut servers = Vec::new();
        let mut own = storage.endpoint.clone();
        match setup.over {
            Over::Memory => {
                self.net.listen(S3_AUTHORITY, party);
                self.storage_through_proxy(&own, String::new())?;
            }
            Over::Tcp => {
                let base = self.serve(party, "a port for the S3 mock", &mut servers)?;
                storage.endpoint = self.storage_through_proxy(&base, self.seen_by_systems(&base))?;
                own = base;
            }
        }
        if let Some(gateway) = self.gateway.as_ref().filter(|gateway| gateway.before() == Before::Storage) {
            storage.keys.iter().for_each(|(_, secret)| gateway.secret(secret));
            let store = uri(&own)?;
            let base = self.stand(gateway, &store, setup, &mut servers)?.to_string();
            storage.endpoint = self.seen_by_systems(base.trim_end_matches('/'));
        }
        Ok((mock, storage, servers))
    }
}

/// The rules of the mock as the scenario wants them.
fn s3_config(mut config: S3Config, settings: &S3Settings) -> S3Config {
    let limits = &mut config.limits;
    limits.min_part = settings.min_part.map_or(limits.min_part, |size| size.0);
    limits.max_parts = settings.max_parts.unwrap_or(limits.max_parts);
    limits.max_copy = settings.max_copy.map_or(limits.max_copy, |size| size.0);
    limits.equal_parts = settings.equal_parts.unwrap_or(limits.equal_parts);
    config.complete_idempotent = settings.complete_idempotent.unwrap_or(config.complete_idempotent);
    config
}
