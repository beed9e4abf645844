//! One request with its answer, as recorded. Serialisable: the control interface of a mock in another process sends these.
//! Not here: how they are captured (`recorder`) and what must never be written (`redact`).

use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};

/// Header by which a call carries the id of the client call that caused it. The W3C's name, so foreign registries that are
/// instrumented pass it on, too.
pub const TRACE_HEADER: &str = "traceparent";

/// The id of one client call; every storage call it causes carries the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TraceId(pub u64);

impl TraceId {
    /// As a `traceparent` value.
    pub fn to_header(self) -> http::HeaderValue {
        let mut text = *b"00-00000000000000000000000000000000-0000000000000000-01";
        for at in [19, 36] {
            hex::encode_to_slice(self.0.to_be_bytes(), &mut text[at..at + 16]).expect("8 bytes have 16 digits");
        }
        http::HeaderValue::from_bytes(&text).expect("hex digits and dashes are a valid header value")
    }

    /// Reads our own `traceparent`; the trace-id field decides, because a middle party may put its own parent id.
    pub fn from_headers(headers: &http::HeaderMap) -> Option<Self> {
        let value = headers.get(TRACE_HEADER)?.to_str().ok()?;
        let id = value.split('-').nth(1)?;
        u64::from_str_radix(id.get(16..32)?, 16).ok().map(Self)
    }
}

/// Who talked to whom.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Lane {
    /// The party that sent the request, e.g. `client`.
    pub from: String,
    /// The party that answered, e.g. `registry`, `s3`.
    pub to: String,
}

impl Lane {
    /// A lane between two named parties.
    pub fn new(from: impl Into<String>, to: impl Into<String>) -> Self {
        Self { from: from.into(), to: to.into() }
    }
}

/// Header lines in order, secrets already replaced.
pub type Head = Vec<(String, String)>;

/// What is kept of a body.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct BodyRecord {
    /// Bytes that went over the seam.
    pub bytes: u64,
    /// `sha256:<hex>` of those bytes; absent for an empty body.
    pub digest: Option<String>,
    /// The first bytes (at most 512) as text, lossy; secrets replaced.
    pub excerpt: String,
    /// False if the body ended in an error or was dropped before its end.
    pub complete: bool,
}

/// The request half.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RequestRecord {
    /// HTTP method.
    pub method: String,
    /// Absolute URI, signatures and tokens replaced.
    pub uri: String,
    /// Header lines.
    pub headers: Head,
    /// The body.
    pub body: BodyRecord,
}

/// The response half.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ResponseRecord {
    /// HTTP status code.
    pub status: u16,
    /// Header lines.
    pub headers: Head,
    /// The body.
    pub body: BodyRecord,
}

/// What the S3 side knows about a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct S3Note {
    /// S3's name of the operation, e.g. `ListMultipartUploads`.
    pub operation: String,
    /// The bucket addressed.
    pub bucket: String,
    /// The key, or the prefix of a listing.
    pub key: String,
    /// The class of the key in distribution's layout, e.g. `upload-data`.
    pub key_class: Option<String>,
    /// A few words about the answer that the status does not say, e.g. `0 uploads`.
    pub result: Option<String>,
}

/// A fault that struck this exchange.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct FaultNote {
    /// Index of the rule in the scenario's `faults`.
    pub rule: usize,
    /// The effect's kind, e.g. `visible-after`.
    pub effect: String,
    /// What it did, in one sentence.
    pub summary: String,
    /// How often the rule had fired before.
    pub nth: u64,
}

/// One exchange on one lane.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Exchange {
    /// Order of the start at one recorder, over all its lanes, from 0.
    pub seq: u64,
    /// Who talked to whom.
    pub lane: Lane,
    /// The client call that caused it, where known.
    pub trace: Option<TraceId>,
    /// Microseconds of run time (virtual in memory) at which the request began.
    pub start_us: u64,
    /// Microseconds at which the last byte of the answer, or the error, was seen; absent while it runs.
    pub end_us: Option<u64>,
    /// The request.
    pub request: RequestRecord,
    /// The answer; absent if an error came instead.
    pub response: Option<ResponseRecord>,
    /// The error that came instead of the answer, or that ended its body.
    pub error: Option<String>,
    /// S3 side details.
    pub s3: Option<S3Note>,
    /// Faults that struck.
    pub faults: Vec<FaultNote>,
    /// Free notes of a party, e.g. the registry's log line for its operator.
    pub notes: Vec<String>,
}

/// One thing a party says about the exchange it is answering.
#[derive(Debug, Clone)]
pub enum Annotation {
    /// S3 side details.
    S3(S3Note),
    /// A fault struck.
    Fault(FaultNote),
    /// A line for people.
    Note(String),
}

/// Put into the request's extensions by the recorder; whoever answers may add to it. Survives errors and aborted calls.
#[derive(Debug, Clone, Default)]
pub struct Annotations(Arc<Mutex<Vec<Annotation>>>);

impl Annotations {
    /// Adds one.
    pub fn add(&self, annotation: Annotation) {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(annotation);
    }

    /// Adds to the annotations of `request`, if somebody records it.
    pub fn note<B>(request: &http::Request<B>, annotation: Annotation) {
        if let Some(annotations) = request.extensions().get::<Self>() {
            annotations.add(annotation);
        }
    }

    /// Takes out all that were added since the last time, in order.
    pub fn take(&self) -> Vec<Annotation> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_id_survives_the_header() {
        let mut headers = http::HeaderMap::new();
        headers.insert(TRACE_HEADER, TraceId(0xabc).to_header());
        assert_eq!(headers[TRACE_HEADER], "00-00000000000000000000000000000abc-0000000000000abc-01");
        assert_eq!(TraceId::from_headers(&headers), Some(TraceId(0xabc)));
        headers.insert(TRACE_HEADER, "00-xyz".parse().unwrap());
        assert_eq!(TraceId::from_headers(&headers), None);
    }
}
