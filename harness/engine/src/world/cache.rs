//! The descriptor cache of a world (`given.cache`): a peer of ours for the reference registry, a Redis for a process.

use http::Uri;
use shakedown_peers::cache::DescriptorCache;
use shakedown_registry::Cache;
use shakedown_scenario::steps::CacheStep;
use shakedown_scenario::{CacheKind, Plan};
use shakedown_wire::server::Server;

use super::{Parts, uri};
use crate::options::Over;
use crate::setup::Setup;
use crate::systems::{Redis, RedisContainer, SystemChoice, fill};
use crate::view::ViewError;

/// Where the peer answers in memory.
const AUTHORITY: &str = "cache.test";

/// The cache of a world.
#[derive(Debug)]
pub(crate) enum WorldCache {
    /// None.
    Off,
    /// In the registry's own process.
    InRegistry,
    /// Ours.
    Peer(DescriptorCache, Uri),
    /// A process.
    Redis(Box<Redis>),
    /// A container.
    RedisContainer(Box<RedisContainer>),
}

impl WorldCache {
    /// The setting of the reference registry.
    pub(super) fn of_reference(&self) -> Cache {
        match self {
            Self::Off | Self::Redis(_) | Self::RedisContainer(_) => Cache::Off,
            Self::InRegistry => Cache::Memory,
            Self::Peer(_, base) => Cache::Server(base.clone()),
        }
    }

    /// Where it is, for a system file.
    pub(super) fn address(&self) -> String {
        match self {
            Self::Redis(redis) => redis.address().to_string(),
            Self::RedisContainer(redis) => redis.address().to_owned(),
            _ => String::new(),
        }
    }

    /// Does what a step says. The outer error is a mistake in the file.
    pub(crate) async fn act(&mut self, step: &CacheStep) -> Result<Result<(), ViewError>, String> {
        match (self, step) {
            (Self::Peer(cache, _), CacheStep::Flush) => cache.flush(),
            (Self::Peer(cache, _), CacheStep::Stop) => cache.stop(),
            (Self::Peer(cache, _), CacheStep::Start) => cache.start(),
            (Self::Peer(cache, _), CacheStep::Hang(time)) => cache.hang(time.0),
            (Self::Redis(redis), CacheStep::Flush) => return Ok(redis.flush().await),
            (Self::Redis(redis), CacheStep::Stop) => redis.stop().await,
            (Self::Redis(redis), CacheStep::Start) => return Ok(redis.begin().await),
            (Self::Redis(redis), CacheStep::Hang(time)) => return Ok(redis.hang(time.0).await),
            (Self::RedisContainer(redis), CacheStep::Flush) => return Ok(redis.flush().await),
            (Self::RedisContainer(redis), CacheStep::Stop) => redis.stop().await,
            (Self::RedisContainer(redis), CacheStep::Start) => return Ok(redis.begin().await),
            (Self::RedisContainer(redis), CacheStep::Hang(time)) => return Ok(redis.hang(time.0).await),
            (Self::Off | Self::InRegistry, _) => {
                return Err("there is no cache of its own (`given.cache: shared`)".to_owned());
            }
        }
        Ok(Ok(()))
    }

    /// Ends it.
    pub(super) async fn stop(&mut self) {
        match self {
            Self::Redis(redis) => redis.stop().await,
            Self::RedisContainer(redis) => redis.remove().await,
            Self::Off | Self::InRegistry | Self::Peer(..) => {}
        }
    }
}

impl Parts {
    /// Starts the cache that the scenario wants.
    pub(super) async fn cache(
        &self,
        plan: &Plan,
        setup: &Setup,
        servers: &mut Vec<Server>,
    ) -> Result<WorldCache, ViewError> {
        Ok(match (plan.scenario.given.cache, &setup.system) {
            (CacheKind::None, _) => WorldCache::Off,
            (CacheKind::Memory, _) => WorldCache::InRegistry,
            (CacheKind::Shared, SystemChoice::Process(file)) => {
                match file.container.as_ref().and_then(|place| place.cache_image.as_ref()) {
                    Some(image) => {
                        let redis = RedisContainer::start(&fill(image, &file.values(&setup.vars))).await?;
                        WorldCache::RedisContainer(Box::new(redis))
                    }
                    None => WorldCache::Redis(Box::new(Redis::start(&self.clock).await?)),
                }
            }
            (CacheKind::Shared, _) => {
                let cache = DescriptorCache::new();
                let party = setup.budget.party(cache.party());
                let base = match self.over {
                    Over::Memory => {
                        self.net.listen(AUTHORITY, party);
                        format!("http://{AUTHORITY}/")
                    }
                    Over::Tcp => self.serve(party, "a port for the descriptor cache", servers)?,
                };
                WorldCache::Peer(cache, uri(&base)?)
            }
        })
    }
}
