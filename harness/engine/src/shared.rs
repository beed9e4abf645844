//! What all scenarios of a run share: what was found out about the target, what could not be removed from it, and a reason to stop.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use crate::systems::Abilities;

/// Clones are one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shared(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    abilities: Abilities,
    /// Repositories that this run has begun to write to.
    ours: Mutex<BTreeSet<String>>,
    left_behind: Mutex<Vec<String>>,
    stop: Mutex<Option<String>>,
}

impl Shared {
    /// With what is known of the target.
    pub(crate) fn new(abilities: Abilities, left_behind: Vec<String>) -> Self {
        let left_behind = Mutex::new(left_behind);
        Self(Arc::new(Inner { abilities, left_behind, ..Inner::default() }))
    }

    /// What the target can do.
    pub(crate) fn abilities(&self) -> &Abilities {
        &self.0.abilities
    }

    /// True the first time a repository is named: nothing of ours can be in it yet.
    pub(crate) fn claim(&self, repository: &str) -> bool {
        self.0.ours.lock().unwrap_or_else(PoisonError::into_inner).insert(repository.to_owned())
    }

    /// Notes what could not be removed.
    pub(crate) fn leave_behind(&self, what: Vec<String>) {
        self.0.left_behind.lock().unwrap_or_else(PoisonError::into_inner).extend(what);
    }

    /// All that could not be removed, in order.
    pub(crate) fn left_behind(&self) -> Vec<String> {
        let mut left = self.0.left_behind.lock().unwrap_or_else(PoisonError::into_inner).clone();
        left.sort();
        left
    }

    /// Nothing new is begun, for this reason.
    pub(crate) fn stop(&self, reason: &str) {
        self.0.stop.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| reason.to_owned());
    }

    /// Why the run must end, if it must.
    pub(crate) fn stopped(&self) -> Option<String> {
        self.0.stop.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
