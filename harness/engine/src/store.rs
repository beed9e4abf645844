//! What the engine can do with the storage under the registry, wherever it stands: in this process or behind a control interface.

use bytes::Bytes;
use shakedown_faults::Fault;
use shakedown_scenario::steps::StorageStep;
use shakedown_wire::Exchange;

use crate::view::{BucketView, Look};

/// The storage of one scenario.
pub(crate) trait Store: BucketView + std::fmt::Debug {
    /// Replaces the active faults; counters begin anew, random streams come from `seed`.
    fn set_faults(&self, faults: Vec<Fault>, seed: u64) -> Look<'_, ()>;

    /// Reports a named event to the faults that wait for it.
    fn event<'a>(&'a self, name: &'a str) -> Look<'a, ()>;

    /// Changes what is stored, behind the registry's back.
    fn change<'a>(&'a self, step: &'a StorageStep) -> Look<'a, ()>;

    /// Puts an object, behind the registry's back.
    fn put<'a>(&'a self, key: &'a str, content: Bytes) -> Look<'a, ()>;

    /// All calls to it so far, on the scenario's time axis.
    fn calls(&self) -> Look<'_, Vec<Exchange>>;

    /// Removes all that the scenario left, where the store goes on to be somebody's; gives what could not be removed.
    fn remove(&self) -> Look<'_, Vec<String>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// Forgets the calls so far: what came before the scenario is no part of its trace.
    fn forget_calls(&self) -> Look<'_, ()>;
}
