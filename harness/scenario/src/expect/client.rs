//! What a client did: which of its calls are meant, how many there are, and how one follows the other.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shakedown_faults::Span;

use super::{Matcher, StatusSet};
use crate::OneOrMany;

/// Calls of clients, and what must hold of them. There must be such calls, unless `exactly: 0` or `at-most` says that there need not be.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct ClientCalls {
    /// Whom they went to; all if absent.
    pub to: OneOrMany<Called>,
    /// HTTP methods; all if absent.
    pub method: OneOrMany<String>,
    /// Pattern for the path: `*` within a segment, `**` across segments.
    pub path: Option<String>,
    /// Only calls answered with these statuses; a call without an answer has none of them.
    pub answered: StatusSet,
    /// At least so many.
    pub at_least: Option<u64>,
    /// At most so many.
    pub at_most: Option<u64>,
    /// Exactly so many.
    pub exactly: Option<u64>,
    /// Request headers of each of them. Values of `authorization` and `cookie` are kept from the trace: ask for `present`.
    pub headers: IndexMap<String, Matcher>,
    /// How long the client waits after each of them before it makes the same call again, in the same upload or a new one.
    pub waits: Option<Waits>,
    /// Calls that go on with an upload or a download begin at the byte where the one before ended: `Content-Range` where the registry
    /// said that the upload stands, `Range` behind what has arrived. A download that broke off is not begun anew.
    pub resumes: bool,
}

/// Whom a client can call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Called {
    /// The registry, or the gateway before it.
    Registry,
    /// The token server.
    Token,
    /// The storage, or any other host that a redirect leads to.
    Storage,
}

/// A pause before the same call is made again, from the end of the answer on. Who does not call again has waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Waits {
    /// As long as the answer's `Retry-After` says; each of the answers must have one, in seconds.
    RetryAfter,
    /// At least so long.
    AtLeast(Span),
    /// Longer each time (back-off).
    Longer,
}
