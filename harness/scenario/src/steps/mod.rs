//! One file per step kind and one line in the list below. What a step does is the engine's (`engine/src/steps/`, same names).

mod client;
mod flow;
mod http;
mod image;
mod life;
mod site;
mod swift;
mod webhook;
mod world;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::client::{ClientCheckStep, Program, ProgramEnd, RunStep, UpstreamCheckStep};
pub use self::flow::{AsStep, EventuallyStep, ParallelStep, RepeatStep};
pub use self::http::{BodySource, Capture, HttpStep};
pub use self::image::{
    BlobStep, ClientHabit, DeleteStep, Mode, MountStep, Outcome, PullStep, PushStep, ReferrersStep, TagsStep,
};
pub use self::life::{AuditRule, CleanedExpect, ExpireStep, GcStep, PurgeStep, Untagged};
pub use self::site::{CompareStep, CopyStep, Site};
pub use self::swift::{AgainBody, RefusedSegment, SwiftGet, SwiftPut, SwiftStep};
pub use self::webhook::{EventExpect, WebhookStep};
pub use self::world::{AdvanceStep, CacheStep, EventStep, FaultsStep, RestartStep, StorageCheckStep, StorageStep};

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
    /// Copies an image between the registry and the other site.
    Copy(CopyStep),
    /// Compares a repository on the registry and on the other site.
    Compare(CompareStep),
    /// Deletes a tag, manifest or blob.
    Delete(DeleteStep),
    /// Lists tags.
    Tags(TagsStep),
    /// Lists referrers.
    Referrers(ReferrersStep),
    /// Branches at the same time.
    Parallel(ParallelStep),
    /// Steps done by another user.
    As(AsStep),
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
    /// Empties, stops, starts or holds up the descriptor cache.
    Cache(CacheStep),
    /// Collects garbage.
    Gc(GcStep),
    /// Removes uploads that nobody goes on with.
    Purge(PurgeStep),
    /// Lets go what a pull-through cache fetched long ago.
    Expire(ExpireStep),
    /// Audits the bucket: what is missing, damaged, dangling or of no use.
    Audit(AuditRule),
    /// Asserts on the storage calls since the last such check (or the start).
    StorageCalls(StorageCheckStep),
    /// Runs a program as a client: `run: [skopeo, copy, ...]`.
    Run(RunStep),
    /// Puts and gets objects of a Swift, as a client library does.
    Swift(SwiftStep),
    /// Changes what the webhook sink answers, or asserts on what it was told.
    Webhook(WebhookStep),
    /// Asserts on what clients did since the last such check (or the start).
    ClientCalls(ClientCheckStep),
    /// Asserts on what a pull-through cache asked its upstream since the last such check (or the start).
    UpstreamCalls(UpstreamCheckStep),
}

impl Step {
    /// Visits this step and the steps in it, in the file's order.
    pub fn walk<'s>(&'s self, visit: &mut impl FnMut(&'s Step)) {
        visit(self);
        match self {
            Self::Parallel(step) => step.branches.iter().flatten().for_each(|step| step.walk(visit)),
            Self::As(step) => step.steps.iter().for_each(|step| step.walk(visit)),
            Self::Repeat(step) => step.steps.iter().for_each(|step| step.walk(visit)),
            Self::Eventually(step) => step.steps.iter().for_each(|step| step.walk(visit)),
            _ => {}
        }
    }
}
