//! What the steps of one scenario act on: its world, its content, its values, its client.

use std::sync::atomic::{AtomicUsize, Ordering};

use shakedown_client::Client;
use shakedown_oci::{Reference, RepositoryName};
use shakedown_scenario::Scenario;

use crate::content::Contents;
use crate::vars::Vars;
use crate::world::World;

/// One scenario in progress.
#[derive(Debug)]
pub(crate) struct Stage {
    /// Registry, storage, network, clock.
    pub(crate) world: World,
    /// Images and blobs.
    pub(crate) contents: Contents,
    /// Values behind `${...}`.
    pub(crate) vars: Vars,
    /// The client of all steps; its calls are recorded.
    pub(crate) client: Client,
    /// Rule ids that expectations stand for if they name none.
    pub(crate) spec: Vec<String>,
    /// Incidents the scenario is about.
    pub(crate) seen: Vec<String>,
    looked_at: AtomicUsize,
}

impl Stage {
    /// Nothing has been done yet.
    pub(crate) fn new(world: World, contents: Contents, vars: Vars, scenario: &Scenario) -> Self {
        let client = world.client();
        let (spec, seen) = (scenario.spec.clone(), scenario.seen.iter().cloned().collect());
        Self { world, contents, vars, client, spec, seen, looked_at: AtomicUsize::new(0) }
    }

    /// Puts values in the place of `${name}`.
    pub(crate) fn fill(&self, text: &str) -> Result<String, String> {
        self.vars.fill(text)
    }

    /// `${repo}`, or the repository that a step names.
    pub(crate) fn repository(&self, named: Option<&str>) -> Result<RepositoryName, String> {
        let name = self.fill(named.unwrap_or("${repo}"))?;
        name.parse().map_err(|error| format!("`{name}` is not a repository name: {error}"))
    }

    /// Reads `REPO:TAG` or `REPO@DIGEST`.
    pub(crate) fn reference(&self, text: &str) -> Result<(RepositoryName, Reference), String> {
        let text = self.fill(text)?;
        let bad = |reason: String| format!("`{text}` is not REPO:TAG or REPO@DIGEST: {reason}");
        let (name, reference) = match text.split_once('@') {
            Some(parts) => parts,
            None => text.rsplit_once(':').ok_or_else(|| bad("it has neither `:` nor `@`".to_owned()))?,
        };
        let name: RepositoryName = name.parse().map_err(|error| bad(format!("{error}")))?;
        let reference: Reference = reference.parse().map_err(|error| bad(format!("{error}")))?;
        Ok((name, reference))
    }

    /// How many storage calls the last look had seen; from now on `count` are.
    pub(crate) fn looked_at_calls(&self, count: usize) -> usize {
        self.looked_at.swap(count, Ordering::Relaxed)
    }
}
