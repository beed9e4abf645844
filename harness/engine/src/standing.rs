//! The world of one scenario, standing by itself: registry, storage, token server and gateway with the scenario's faults, for a client
//! that somebody attaches by hand. Not here: steps and expectations (`play`).

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use shakedown_reports::Call;
use shakedown_scenario::Plan;

use crate::lifeline::CallBudget;
use crate::options::{Over, RunOptions};
use crate::play::stand;
use crate::setup::Setup;
use crate::shared::Shared;
use crate::stage::Stage;
use crate::trace;

/// A world on loopback sockets, in real time.
pub struct Standing {
    stage: Stage,
}

impl Standing {
    /// Builds it on a reference registry, at `listen` (port 0 takes a free one); what the scenario has `pushed` is there, and its faults
    /// strike from now on.
    ///
    /// # Errors
    /// One line: the scenario cannot stand here, or the address is taken.
    pub async fn start(plan: &Plan, options: &RunOptions, listen: SocketAddr) -> Result<Self, String> {
        let options = RunOptions { over: Over::Tcp, ..options.clone() };
        let mut setup = Setup::new(&options, plan, &Shared::default());
        setup.listen = listen;
        // Whoever is attached stays as long as they like.
        setup.budget = CallBudget::new(u64::MAX);
        Ok(Self { stage: stand(plan, &setup).await? })
    }

    /// Where clients find it, e.g. `http://127.0.0.1:5000`: the gateway, if there is one before the registry.
    pub fn base(&self) -> String {
        self.stage.world.base().to_string().trim_end_matches('/').to_owned()
    }

    /// The forward proxy that clients must be told of to reach it (`HTTP_PROXY`), if its world has one for them.
    pub fn proxy(&self) -> Option<String> {
        self.stage.world.proxy_of_programs().into_iter().next().map(|(_, url)| url)
    }

    /// User and password of everybody who may log in.
    pub fn logins(&self) -> Vec<(String, String)> {
        self.stage.users().filter_map(|user| self.stage.world.login(user)).collect()
    }

    /// Images of `given` as OCI layouts, tagged `1`: name and folder. They are removed with the world.
    pub fn layouts(&self) -> Vec<(String, PathBuf)> {
        let Some(scratch) = &self.stage.scratch else { return Vec::new() };
        self.stage.contents.names().map(|name| (name.to_owned(), scratch.layout(name))).collect()
    }

    /// All calls so far, of clients and to the storage, each storage call with the call that caused it. Secrets are out of them.
    pub async fn calls(&self) -> Vec<Call> {
        let (front, back) = self.stage.world.trace().await;
        trace::join(&front, &back).calls
    }

    /// Reports a named event to all faults (`after-event`, `until-event`).
    ///
    /// # Errors
    /// The storage is gone.
    pub async fn event(&self, name: &str) -> Result<(), String> {
        self.stage.world.event(name).await.map_err(|error| error.to_string())
    }

    /// Takes it down.
    pub async fn stop(self) {
        self.stage.world.stop().await;
    }
}

impl fmt::Debug for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Standing").field("base", &self.base()).finish_non_exhaustive()
    }
}
