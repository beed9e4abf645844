//! Expectations on one HTTP answer.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shakedown_faults::{Size, Span};

use super::{Matcher, StatusSet};
use crate::OneOrMany;

/// What an answer must be. All given parts must hold.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Expect {
    /// Status: `202`, `5xx`, or a list.
    pub status: Option<StatusSet>,
    /// Headers by name.
    pub headers: IndexMap<String, Matcher>,
    /// Error code in the JSON error body, one of these.
    pub code: OneOrMany<String>,
    /// The body.
    pub body: Option<BodyExpect>,
    /// The last byte must be there within this time.
    pub within: Option<Span>,
    /// Beside all that, everything in one of these must hold: `[{ status: 201, headers: ... }, { status: 202, ... }]`. This is how a file
    /// is exact where the specification leaves a choice.
    pub one_of: Vec<Expect>,
    /// Instead of an answer (or of its end) the connection must break.
    pub connection: Option<Lost>,
    /// The rule ids this expectation stands for; the scenario's `spec` if absent.
    pub rule: OneOrMany<String>,
}

/// The connection must break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Lost {
    /// Before or within the answer.
    Lost,
    /// The answer's head came, its body broke off.
    Truncated,
}

/// What a body must be.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct BodyExpect {
    /// Its length in bytes.
    pub size: Option<Size>,
    /// Its digest, e.g. `${blob.layer.digest}`.
    pub digest: Option<String>,
    /// A text that it contains.
    pub contains: Option<String>,
    /// A text that it must not contain.
    pub lacks: OneOrMany<String>,
    /// Values by JSON pointer (RFC 6901).
    pub json: IndexMap<String, Matcher>,
}
