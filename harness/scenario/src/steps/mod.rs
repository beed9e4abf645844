//! One file per step kind and one line in the list below. What a step does is the engine's (`engine/src/steps/`, same names).

mod flow;
mod http;
mod image;
mod world;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::flow::{EventuallyStep, ParallelStep, RepeatStep};
pub use self::http::{BodySource, Capture, HttpStep};
pub use self::image::{BlobStep, DeleteStep, Mode, MountStep, Outcome, PullStep, PushStep, TagsStep};
pub use self::world::{AdvanceStep, EventStep, FaultsStep, RestartStep, StorageCheckStep, StorageStep};

/// One step. Kinds are keys: `- push: { image: app, as: "${repo}:1" }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(
    clippy::large_enum_variant,
    reason = "a scenario has a handful of steps; a box would only show in every match"
)]
pub enum Step {
    /// One raw HTTP request to the registry.
    Http(HttpStep),
    /// Pushes an image, as a client does.
    Push(PushStep),
    /// Pulls an image or a manifest and verifies every byte.
    Pull(PullStep),
    /// Pushes one blob.
    Blob(BlobStep),
    /// Mounts a blob from another repository.
    Mount(MountStep),
    /// Deletes a tag, manifest or blob.
    Delete(DeleteStep),
    /// Lists tags.
    Tags(TagsStep),
    /// Branches at the same time.
    Parallel(ParallelStep),
    /// Steps several times.
    Repeat(RepeatStep),
    /// Steps until they pass, within a deadline.
    Eventually(EventuallyStep),
    /// Lets time pass (virtual in memory).
    Advance(AdvanceStep),
    /// Restarts the registry; `kill: true` without a chance to finish.
    Restart(RestartStep),
    /// Replaces or clears the faults.
    Faults(FaultsStep),
    /// Fires a named event that faults can wait for (`after-event`).
    Event(EventStep),
    /// Changes the storage behind the registry's back.
    Storage(StorageStep),
    /// Asserts on the storage calls since the last such check (or the start).
    StorageCalls(StorageCheckStep),
}

impl Step {
    /// Visits this step and the steps in it, in the file's order.
    pub fn walk<'s>(&'s self, visit: &mut impl FnMut(&'s Step)) {
        visit(self);
        match self {
            Self::Parallel(step) => step.branches.iter().flatten().for_each(|step| step.walk(visit)),
            Self::Repeat(step) => step.steps.iter().for_each(|step| step.walk(visit)),
            Self::Eventually(step) => step.steps.iter().for_each(|step| step.walk(visit)),
            _ => {}
        }
    }
}
