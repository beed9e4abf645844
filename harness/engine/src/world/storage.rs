//! The storage of a world: the mock with the rules and keys of the scenario, or somebody's store behind a proxy.

use std::sync::Arc;

use shakedown_faults::Fault;
use shakedown_faults::gateway::Before;
use shakedown_s3::{Credential, S3Config, S3Mock};
use shakedown_scenario::{Plan, S3Settings};
use shakedown_wire::Party;
use shakedown_wire::server::Server;

use super::{BUCKET, KEYS, Parts, S3_AUTHORITY, uri};
use crate::content::derive;
use crate::foreign::{ForeignStorage, ForeignStore};
use crate::mock::MockStore;
use crate::options::Over;
use crate::setup::Setup;
use crate::store::Store;
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

/// The storage of a world.
pub(super) struct Stored {
    /// What we can do with it.
    pub(super) store: Arc<dyn Store>,
    /// What the registry is told.
    pub(super) storage: Storage,
    pub(super) servers: Vec<Server>,
}

impl Parts {
    /// The storage that the run wants: the mock, or somebody's store.
    pub(super) fn stored(&self, plan: &Plan, setup: &Setup) -> Result<Stored, ViewError> {
        let (store, mut storage, party) = match &setup.storage {
            None => self.mock(plan, setup),
            Some(place) => self.foreign(place),
        };
        storage.keys.iter().for_each(|(_, secret)| self.front.secret(secret));
        let party = setup.budget.party(party);
        let mut servers = Vec::new();
        let mut own = storage.endpoint.clone();
        match setup.over {
            Over::Memory => {
                self.net.listen(S3_AUTHORITY, party);
                self.storage_through_proxy(&own, String::new())?;
            }
            Over::Tcp => {
                let base = self.serve(party, "a port for the storage", &mut servers)?;
                storage.endpoint = self.storage_through_proxy(&base, self.seen_by_systems(&base))?;
                own = base;
            }
        }
        if let Some(gateway) = self.gateway.as_ref().filter(|gateway| gateway.before() == Before::Storage) {
            storage.keys.iter().for_each(|(_, secret)| gateway.secret(secret));
            let address = uri(&own)?;
            let base = self.stand(gateway, &address, setup, &mut servers)?.to_string();
            storage.endpoint = self.seen_by_systems(base.trim_end_matches('/'));
        }
        Ok(Stored { store, storage, servers })
    }

    /// The mock with the scenario's rules.
    fn mock(&self, plan: &Plan, setup: &Setup) -> (Arc<dyn Store>, Storage, Party) {
        let key = |number: u32| {
            let part = |what: &str| derive(self.seed, &[what, &number.to_string()]);
            (format!("AKIASHAKEDOWN{number}"), format!("{:016x}{:016x}", part("secret"), part("key")))
        };
        let storage = Storage {
            endpoint: format!("http://{S3_AUTHORITY}"),
            bucket: BUCKET.to_owned(),
            keys: (0..KEYS).map(key).collect(),
            region: "us-east-1".to_owned(),
            root: String::new(),
        };
        let credentials =
            storage.keys.iter().map(|(access_key, secret_key)| Credential::new(access_key, secret_key)).collect();
        let config = S3Config { buckets: vec![BUCKET.to_owned()], credentials, ..S3Config::default() };
        let config = s3_config(config, &plan.scenario.given.s3);
        let mock = S3Mock::new(config, self.clock.clone(), derive(self.seed, &["s3"]));
        for secret in &setup.secrets {
            mock.recorder().secret(secret);
        }
        let party = mock.party();
        (Arc::new(MockStore::new(mock, BUCKET)), storage, party)
    }

    /// A directory of somebody's store, behind a proxy.
    fn foreign(&self, place: &ForeignStorage) -> (Arc<dyn Store>, Storage, Party) {
        // Another one for each try: what an earlier one could not remove is not mistaken for this one's.
        let name = format!("{:016x}", crate::fresh_id());
        let store = ForeignStore::new(place, &name, &self.clock, derive(self.seed, &["s3"]));
        let storage = Storage {
            endpoint: String::new(),
            bucket: place.bucket.clone(),
            keys: vec![(place.access_key.clone(), place.secret_key.clone())],
            region: place.region.clone(),
            root: store.root().to_owned(),
        };
        let party = store.party();
        (store, storage, party)
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
