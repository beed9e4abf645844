//! Steps that change the world instead of talking to the registry.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shakedown_faults::{Fault, Span};

use crate::RegistrySettings;
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
    /// Settings that the registry has from now on, beside those it had.
    pub registry: RegistrySettings,
    /// Only this one of `given.replicas`, from 1; all if absent.
    pub replica: Option<u32>,
}

/// Replaces the active faults.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct FaultsStep {
    /// The new faults; empty clears.
    pub set: Vec<Fault>,
}

/// What happens to the cache of `given.cache: shared`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CacheStep {
    /// It forgets everything.
    Flush,
    /// It is gone.
    Stop,
    /// It is there again, and empty.
    Start,
    /// It answers nothing for so long, and then everything.
    Hang(Span),
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
    /// Exchanges the bucket for an empty one, or for what it was when it was remembered.
    SwapBucket {
        /// Name of a remembered bucket.
        #[serde(default)]
        to: Option<String>,
    },
    /// Remembers what the bucket holds now, for a later `swap-bucket: { to: NAME }`.
    Remember(String),
    /// Deletes a share of the objects whose key matches, chosen by the run's seed.
    Lose {
        /// Glob.
        key: String,
        /// Per cent of the objects.
        percent: u8,
    },
    /// Writes this text into the objects whose key matches; makes the object if there is none and the key is no pattern.
    Write {
        /// Glob, or a key.
        key: String,
        /// The new content.
        text: String,
    },
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
