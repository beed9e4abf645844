//! Steps between the registry under test and the other one of `given.other`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::image::{Mode, Outcome};
use crate::OneOrMany;

/// One of the two registries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Site {
    /// The registry under test.
    Registry,
    /// The one of `given.other`.
    Other,
}

/// Copies an image from one registry to the other, as a replication does: HEAD of each blob, what is missing is sent, then manifests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CopyStep {
    /// Where it comes from; it goes to the other of the two.
    pub from: Site,
    /// `REPO:TAG` or `REPO@DIGEST` there.
    #[serde(rename = "ref")]
    pub reference: String,
    /// `REPO:TAG` at its target; the same if absent.
    #[serde(rename = "as", default)]
    pub target: Option<String>,
    /// Blobs are mounted from this repository of the target where they can be.
    #[serde(default)]
    pub mount_from: Option<String>,
    /// How blobs are uploaded.
    #[serde(default)]
    pub mode: Mode,
    /// Tries again, and takes up uploads that broke off, at most so many times.
    #[serde(default)]
    pub retries: u32,
    /// How it must end.
    #[serde(default)]
    pub expect: Outcome,
}

/// Compares a repository on both registries: the tags, and what they hold, every byte.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct CompareStep {
    /// Repository; `${repo}` if absent.
    pub of: Option<String>,
    /// Tags that cannot be pulled whole from the registry under test: exactly these. What is missing must be answered 404.
    pub missing: OneOrMany<String>,
}
