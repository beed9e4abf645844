//! What must hold over the whole run: over all answers, over the bucket, and over the calls to storage.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::StatusSet;
use crate::OneOrMany;
use crate::steps::AuditRule;

/// One invariant. Kinds are keys: `- no-orphan-uploads: {}` or, short, `- no-orphan-uploads`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Invariant {
    /// No client call was answered with one of these statuses.
    NoAnswer(AnswerRule),
    /// Every client call was answered with one of these statuses (a lost connection counts as none).
    OnlyAnswers(AnswerRule),
    /// No multipart upload is open in the bucket.
    NoOrphanUploads,
    /// Every tag resolves to a manifest whose blobs are all there, whole.
    EveryTagResolves,
    /// Nothing stands in the bucket that no repository refers to: no upload directories, no unlinked blobs.
    NoLeakedBytes,
    /// Every blob and manifest acknowledged by 201 can be read back with its digest.
    AcknowledgedIsReadable,
    /// An audit of the bucket finds what it should, and nothing else.
    Audit(AuditRule),
    /// Counts of calls to storage.
    StorageRequests(StorageRequests),
    /// The first calls that match stand in this order.
    StorageOrder(StorageOrder),
}

/// Statuses, and the client calls they speak of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AnswerRule {
    /// The statuses.
    pub status: StatusSet,
    /// Only calls with this method.
    #[serde(default)]
    pub method: OneOrMany<String>,
    /// So many calls may break the rule: of several at the same time one wins.
    #[serde(default)]
    pub at_most: u32,
}

/// A count of calls to storage.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct StorageRequests {
    /// S3 operations; all if absent.
    pub operation: OneOrMany<String>,
    /// Glob on the key.
    pub key: Option<String>,
    /// Key classes.
    pub key_class: OneOrMany<shakedown_faults::KeyClass>,
    /// Only calls answered with these statuses.
    pub answered: StatusSet,
    /// At least so many.
    pub at_least: Option<u64>,
    /// At most so many.
    pub at_most: Option<u64>,
    /// Exactly so many.
    pub exactly: Option<u64>,
}

/// An order of calls to storage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StorageOrder {
    /// Each entry's first matching call must come after the one before it.
    pub calls: Vec<StorageRequests>,
}
