//! What the steps of one scenario act on: its world, its content, its values, its client.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use shakedown_client::Client;
use shakedown_oci::{Reference, RepositoryName, Version};
use shakedown_scenario::Scenario;

use crate::content::Contents;
use crate::scratch::Scratch;
use crate::systems::Line;
use crate::vars::Vars;
use crate::world::World;

/// One scenario in progress. Clones share everything but who acts.
#[derive(Debug, Clone)]
pub(crate) struct Stage {
    /// Registry, storage, network, clock.
    pub(crate) world: Arc<World>,
    /// Images and blobs.
    pub(crate) contents: Arc<Contents>,
    /// Values behind `${...}`.
    pub(crate) vars: Arc<Vars>,
    /// The client of who acts; its calls are recorded.
    pub(crate) client: Client,
    /// One for each user, so that tokens are kept from step to step.
    clients: Arc<Vec<(String, Client)>>,
    /// Rule ids that expectations stand for if they name none.
    pub(crate) spec: Vec<String>,
    /// The text of the specification that answers are held to.
    pub(crate) version: Version,
    /// Incidents the scenario is about.
    pub(crate) seen: Vec<String>,
    looked_at: Arc<AtomicUsize>,
    looked_at_client: Arc<AtomicUsize>,
    looked_at_upstream: Arc<AtomicUsize>,
    /// Who acts; nobody if absent.
    pub(crate) user: Option<String>,
    /// Where programs run, if the scenario runs any.
    pub(crate) scratch: Option<Arc<Scratch>>,
    /// What programs printed, by when.
    printed: Arc<Mutex<Vec<Line>>>,
    /// Buckets as they were, by name.
    buckets: Arc<Mutex<BTreeMap<String, Objects>>>,
}

/// Objects with their content.
type Objects = Vec<(String, Bytes)>;

impl Stage {
    /// Nothing has been done yet.
    pub(crate) fn new(world: World, contents: Contents, vars: Vars, scenario: &Scenario, version: Version) -> Self {
        let clients = world.clients();
        let client = clients.first().map_or_else(|| world.client(), |(_, client)| client.clone());
        let user = clients.first().map(|(name, _)| name.clone());
        let (spec, seen) = (scenario.spec.clone(), scenario.seen.iter().cloned().collect());
        let (world, contents, vars) = (Arc::new(world), Arc::new(contents), Arc::new(vars));
        let (clients, looked_at, buckets) = (Arc::new(clients), Arc::default(), Arc::default());
        let (looked_at_client, looked_at_upstream) = (Arc::default(), Arc::default());
        let (scratch, printed) = (None, Arc::default());
        Self {
            world,
            contents,
            vars,
            client,
            clients,
            spec,
            version,
            seen,
            looked_at,
            looked_at_client,
            looked_at_upstream,
            user,
            scratch,
            printed,
            buckets,
        }
    }

    /// Everybody who may act, in the file's order.
    pub(crate) fn users(&self) -> impl Iterator<Item = &str> {
        self.clients.iter().map(|(name, _)| name.as_str())
    }

    /// The same, but somebody else acts.
    pub(crate) fn acting_as(&self, user: &str) -> Result<Self, String> {
        let client = match self.clients.iter().find(|(name, _)| name == user) {
            Some((_, client)) => client.clone(),
            None if user == "nobody" => self.world.client(),
            None => return Err(format!("there is no user `{user}`")),
        };
        let user = self.clients.iter().any(|(name, _)| name == user).then(|| user.to_owned());
        Ok(Self { client, user, ..self.clone() })
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

    /// Keeps what the bucket holds now.
    pub(crate) fn remember(&self, name: &str, objects: Objects) {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), objects);
    }

    /// What the bucket held when it was remembered.
    pub(crate) fn remembered(&self, name: &str) -> Option<Objects> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// Keeps what a program printed; secrets must be out of it.
    pub(crate) fn print(&self, lines: impl IntoIterator<Item = Line>) {
        self.printed.lock().unwrap_or_else(PoisonError::into_inner).extend(lines);
    }

    /// What programs printed so far.
    pub(crate) fn printed(&self) -> Vec<Line> {
        self.printed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many client calls the last look had seen; from now on `count` are.
    pub(crate) fn looked_at_client_calls(&self, count: usize) -> usize {
        self.looked_at_client.swap(count, Ordering::Relaxed)
    }

    /// How many calls to the upstream the last look had seen; from now on `count` are.
    pub(crate) fn looked_at_upstream_calls(&self, count: usize) -> usize {
        self.looked_at_upstream.swap(count, Ordering::Relaxed)
    }

    /// How many storage calls the last look had seen; from now on `count` are.
    pub(crate) fn looked_at_calls(&self, count: usize) -> usize {
        self.looked_at.swap(count, Ordering::Relaxed)
    }
}
