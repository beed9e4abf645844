//! One call of any lane, with what is kept of its bodies and the faults that struck it. Not here: what checks and the blame say of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::LogLine;

/// A fault that struck a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FaultFired {
    /// Index of the rule in the scenario's faults.
    pub rule: usize,
    /// The effect's kind.
    pub effect: String,
    /// What it did.
    pub summary: String,
}

/// One recorded call of any lane, in order of time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Call {
    /// Who sent it, e.g. `client`.
    pub from: String,
    /// Who answered, e.g. `registry`, `s3`.
    pub to: String,
    /// Index (in `calls`) of the client call that caused it, where known.
    pub caused_by: Option<usize>,
    /// Microseconds since the scenario began (virtual in memory).
    pub start_us: u64,
    /// End; absent if it never ended.
    pub end_us: Option<u64>,
    /// HTTP method.
    pub method: String,
    /// Absolute URI, secrets replaced.
    pub uri: String,
    /// S3 operation, on storage lanes.
    pub operation: Option<String>,
    /// Key (or prefix), on storage lanes.
    pub key: Option<String>,
    /// Class of the key, on storage lanes.
    pub key_class: Option<String>,
    /// Status; absent if no answer came.
    pub status: Option<u16>,
    /// The error instead of (the rest of) the answer.
    pub error: Option<String>,
    /// A few words on the answer, e.g. `0 uploads`.
    pub note: Option<String>,
    /// Request header lines, secrets replaced.
    pub request_headers: Vec<(String, String)>,
    /// Response header lines, secrets replaced.
    pub response_headers: Vec<(String, String)>,
    /// Request body: bytes, digest, first bytes.
    pub request_body: BodyInfo,
    /// Response body: bytes, digest, first bytes.
    pub response_body: BodyInfo,
    /// Faults that struck it.
    pub faults: Vec<FaultFired>,
    /// Lines of the system's log that are due to it, secrets replaced.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log: Vec<LogLine>,
}

impl Call {
    /// True if a client sent it, to the registry or to where a redirect led.
    pub fn is_client(&self) -> bool {
        self.from == "client"
    }

    /// True for the inner side of a gateway or forward proxy: what it made of a call that it changed.
    pub fn is_behind_gateway(&self) -> bool {
        matches!(self.from.as_str(), "gateway" | "forward-proxy")
    }

    /// True if a client sent it elsewhere than to the registry, its token server and a Swift: it followed a redirect.
    pub fn is_redirected(&self) -> bool {
        self.is_client() && !matches!(self.to.as_str(), "registry" | "gateway" | "forward-proxy" | "token" | "swift")
    }

    /// True if a pull-through cache sent it to its upstream, or to the forward proxy that it goes through.
    pub fn is_for_upstream(&self) -> bool {
        self.to == "upstream" || (self.from == "registry" && self.to == "forward-proxy" && self.operation.is_none())
    }

    /// True if a client sent it to the token server.
    pub fn is_for_token(&self) -> bool {
        self.is_client() && self.to == "token"
    }
}

/// What is kept of a body.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BodyInfo {
    /// Bytes.
    pub bytes: u64,
    /// `sha256:<hex>`; absent if empty.
    pub digest: Option<String>,
    /// The first bytes as text, secrets replaced.
    pub excerpt: String,
    /// False if it broke off.
    pub complete: bool,
}
