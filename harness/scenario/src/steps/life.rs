//! Steps about the life of stored data: garbage collection, purges, audits.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shakedown_faults::Span;

/// Whether manifests without a tag stay.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Untagged {
    /// They stay.
    #[default]
    Keep,
    /// They go, unless something that stays needs them.
    Remove,
}

/// Collects garbage, as the system does it: beside pushes, or while it is stopped.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct GcStep {
    /// Manifests without a tag.
    pub untagged: Untagged,
    /// Whatever is younger stays, where the system knows such a thing; its own default if absent. `0s`: nobody pushes meanwhile.
    pub grace: Option<Span>,
    /// What must come of it.
    pub expect: CleanedExpect,
}

/// Removes uploads that nobody goes on with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PurgeStep {
    /// Those of which nothing was written for so long.
    pub older_than: Span,
    /// What must come of it.
    #[serde(default)]
    pub expect: CleanedExpect,
}

/// Lets go what a pull-through cache fetched long ago; what is asked for again is fetched again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ExpireStep {
    /// What was fetched longer ago than this.
    pub older_than: Span,
    /// What must come of it.
    #[serde(default)]
    pub expect: CleanedExpect,
}

/// What must come of cleaning up.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct CleanedExpect {
    /// It must stop with an error instead of going through.
    pub fails: bool,
    /// So many blobs are gone from the bucket, manifests included.
    pub blobs_removed: Option<u64>,
    /// So many manifests are gone from repositories.
    pub manifests_removed: Option<u64>,
    /// So many upload sessions are gone.
    pub uploads_removed: Option<u64>,
    /// So many open multipart uploads are gone.
    pub multipart_aborted: Option<u64>,
}

/// What an audit of the bucket must find; everything in it counts as settled.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct AuditRule {
    /// Kinds of findings (`shakedown explain audit`) and how many of each; kinds that are not named must not be found.
    pub expect: IndexMap<String, u64>,
    /// Kinds that may be found or not.
    pub ignore: Vec<String>,
}
