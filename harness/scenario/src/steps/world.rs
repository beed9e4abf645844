//! Steps that change the world instead of talking to the registry.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shakedown_faults::{Fault, Span};

use crate::expect::StorageRequests;

/// Lets time pass.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AdvanceStep {
    /// How much; virtual in memory, real over TCP.
    pub by: Span,
}

/// Restarts the registry on the same storage.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct RestartStep {
    /// Without a chance to finish (SIGKILL).
    pub kill: bool,
}

/// Replaces the active faults.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct FaultsStep {
    /// The new faults; empty clears.
    pub set: Vec<Fault>,
}

/// A named event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EventStep {
    /// Its name.
    pub name: String,
}

/// Changes the storage behind the registry's back; exactly one of the kinds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StorageStep {
    /// Exchanges the bucket for an empty one.
    SwapBucket {},
    /// Deletes the objects whose key matches this glob.
    Delete(String),
    /// Cuts the objects whose key matches down to this many bytes.
    Truncate {
        /// Glob.
        key: String,
        /// Bytes that stay.
        to: u64,
    },
    /// Flips one byte of the objects whose key matches.
    Corrupt {
        /// Glob.
        key: String,
        /// Offset.
        at: u64,
    },
    /// Opens foreign multipart uploads.
    ForeignUploads {
        /// How many.
        count: u32,
        /// Key prefix.
        prefix: String,
    },
}

/// Asserts on the storage calls since the last such check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StorageCheckStep {
    /// What must hold.
    pub expect: Vec<StorageRequests>,
}
