//! The webhook sink of `given.webhook`: what it does from now on, and what it must have been told.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::WebhookAnswers;

/// Exactly one of the kinds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WebhookStep {
    /// From now on it answers so.
    Answers(WebhookAnswers),
    /// Each of these it must have been told, since the start.
    Received(Vec<EventExpect>),
}

/// An event that must have been taken by the sink; what is absent is not looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EventExpect {
    /// `push`, `pull`, `mount` or `delete`.
    pub action: String,
    /// The repository; `${repo}` if absent.
    #[serde(default)]
    pub repository: Option<String>,
    /// The tag.
    #[serde(default)]
    pub tag: Option<String>,
    /// The digest.
    #[serde(default)]
    pub digest: Option<String>,
    /// The media type.
    #[serde(default)]
    pub media_type: Option<String>,
    /// Exactly so often; at least once if absent.
    #[serde(default)]
    pub exactly: Option<u64>,
}
