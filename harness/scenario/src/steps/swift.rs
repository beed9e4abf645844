//! A client library of Swift: puts and gets objects, logs in again when its token is refused.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shakedown_faults::{Size, Span};

use crate::expect::StatusSet;

/// One call of the library; exactly one of the kinds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SwiftStep {
    /// Puts an object; logs in, once, if the token is refused, and repeats.
    Put(SwiftPut),
    /// Gets an object; logs in, once, if the token is refused, and repeats.
    Get(SwiftGet),
    /// All tokens that were given out are good no longer.
    RevokeTokens,
}

/// What is put.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SwiftPut {
    /// Its name in the container.
    pub object: String,
    /// Its content: the name of one of `given.blobs`.
    pub blob: String,
    /// Puts a large object, in segments of this size, below a manifest.
    #[serde(default)]
    pub segment: Option<Size>,
    /// What a request that is repeated after a 401 has as its body.
    #[serde(default)]
    pub again: AgainBody,
    /// What the library makes of a segment that was refused.
    #[serde(default)]
    pub refused: RefusedSegment,
    /// How long the library waits until all segments are listed, before it says that a large object is there.
    #[serde(default = "patience")]
    pub waits: Span,
    /// What the last request must be answered; 201 if absent.
    #[serde(default)]
    pub status: Option<StatusSet>,
}

fn patience() -> Span {
    Span(Duration::from_secs(15))
}

/// A segment that is not there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RefusedSegment {
    /// The put ends with that answer, and no manifest is put.
    #[default]
    Told,
    /// It goes on, and puts the manifest.
    Ignored,
}

/// The body of a repeated request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AgainBody {
    /// Begun anew: all of it.
    #[default]
    Rewound,
    /// What is left of it after the first request, which is nothing, under the length of the whole.
    Spent,
    /// The same in chunks, without a length.
    SpentChunked,
}

/// What is got.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SwiftGet {
    /// Its name in the container.
    pub object: String,
    /// It must be byte for byte the content of this one of `given.blobs`.
    pub same_as: String,
}
