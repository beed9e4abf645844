//! Parties that stand beside the registry and its storage in a world, as a file describes them. Not here: what steps do with them.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shakedown_faults::Span;

/// A Swift (auth v1) that steps `swift` use as a client library does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct SwiftSettings {
    /// How long a token is good.
    pub token_life: Span,
    /// How long a container's listing does not show what was put.
    pub listed_after: Span,
}

impl Default for SwiftSettings {
    fn default() -> Self {
        Self { token_life: Span(Duration::from_secs(24 * 3600)), listed_after: Span(Duration::ZERO) }
    }
}

/// A webhook sink that the registry tells what was pushed, pulled and deleted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct WebhookSettings {
    /// What it answers until a step says otherwise.
    pub answers: WebhookAnswers,
    /// How long the registry waits for an answer.
    pub timeout: Span,
    /// How long it leaves the sink alone after a failure.
    pub backoff: Span,
    /// Events that may wait for the sink.
    pub queue: u32,
}

impl Default for WebhookSettings {
    fn default() -> Self {
        let (timeout, backoff) = (Span(Duration::from_secs(5)), Span(Duration::from_secs(5)));
        Self { answers: WebhookAnswers::Ok, timeout, backoff, queue: 1000 }
    }
}

/// What a sink does with what is posted to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WebhookAnswers {
    /// Takes it: 200.
    #[default]
    Ok,
    /// 500.
    Fails,
    /// Nothing, for ever.
    Hangs,
    /// 307.
    Redirects,
    /// 200 with a page; it is lost.
    Html,
}
