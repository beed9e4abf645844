//! The faults of a world: set, told of events, and taken away again, on all of its parties. Not here: what a fault is, and how it is carried out.

use std::time::Duration;

use shakedown_faults::{Fault, On};

use super::World;
use super::upstream::UpstreamPart;
use crate::content::derive;
use crate::gateway::GatewayPart;
use crate::options::Over;
use crate::view::ViewError;

/// Virtual time in which everything late becomes visible before invariants look.
const DUST: Duration = Duration::from_secs(60);

impl World {
    /// The scenario begins: what came before is forgotten, its faults strike from now on.
    pub(crate) async fn begin(&self, faults: &[Fault]) -> Result<(), ViewError> {
        self.front.clear();
        self.inner.clear();
        self.gateway.iter().for_each(GatewayPart::clear);
        self.forward.iter().for_each(|forward| forward.part.clear());
        self.peers.clear();
        self.upstream.iter().for_each(UpstreamPart::clear);
        if let Some(store) = &self.store {
            store.forget_calls().await?;
        }
        self.set_faults(faults).await
    }

    /// Replaces the active faults on all sides. Each gets the whole list, so that a fault has one number everywhere.
    pub(crate) async fn set_faults(&self, faults: &[Fault]) -> Result<(), ViewError> {
        let any =
            self.is_behind_gateway() || self.is_behind_proxy() || faults.iter().any(|fault| fault.on == On::Registry);
        self.gateway.iter().for_each(|gateway| gateway.set_faults(faults, self.seed));
        self.forward.iter().for_each(|forward| forward.part.set_faults(faults, self.seed));
        self.peers.set_faults(faults, self.seed);
        self.upstream.iter().for_each(|upstream| upstream.set_faults(faults, self.seed));
        self.front_faults.store(any, std::sync::atomic::Ordering::Relaxed);
        self.injector.replace(faults.to_vec(), derive(self.seed, &["front"]));
        if let Some(tokens) = self.users.server() {
            tokens.injector().replace(faults.to_vec(), derive(self.seed, &["token"]));
        }
        match &self.store {
            Some(store) => {
                let all = faults.iter().chain(&self.standing).cloned().collect();
                store.set_faults(all, derive(self.seed, &["s3"])).await
            }
            None => Ok(()),
        }
    }

    /// True if answers of the registry may be made by a fault.
    pub(crate) fn has_front_faults(&self) -> bool {
        self.front_faults.load(std::sync::atomic::Ordering::Relaxed)
    }

    /// Reports a named event to all faults.
    pub(crate) async fn event(&self, name: &str) -> Result<(), ViewError> {
        self.injector.event(name);
        self.gateway.iter().for_each(|gateway| gateway.event(name));
        self.forward.iter().for_each(|forward| forward.part.event(name));
        self.peers.event(name);
        self.upstream.iter().for_each(|upstream| upstream.event(name));
        if let Some(tokens) = self.users.server() {
            tokens.injector().event(name);
        }
        match &self.store {
            Some(store) => store.event(name).await,
            None => Ok(()),
        }
    }

    /// No faults any more, and everything late is visible.
    pub(crate) async fn settle(&self) -> Result<(), ViewError> {
        self.front_faults.store(false, std::sync::atomic::Ordering::Relaxed);
        self.injector.clear();
        self.gateway.iter().for_each(|gateway| gateway.set_faults(&[], 0));
        self.forward.iter().for_each(|forward| forward.part.set_faults(&[], 0));
        self.peers.set_faults(&[], 0);
        self.upstream.iter().for_each(|upstream| upstream.set_faults(&[], 0));
        if let Some(tokens) = self.users.server() {
            tokens.injector().clear();
        }
        if let Some(store) = &self.store {
            store.set_faults(Vec::new(), 0).await?;
        }
        if self.over == Over::Memory {
            tokio::time::sleep(DUST).await;
        }
        Ok(())
    }
}
