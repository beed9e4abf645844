//! What a high-level call gives back: the result and everything that was noticed on the way.

use shakedown_wire::TraceId;

use crate::{ClientError, Finding};

/// The result of a call, with what was found while making it.
#[derive(Debug, Clone)]
pub struct Outcome<T> {
    /// What came of it.
    pub result: Result<T, ClientError>,
    /// What did not hold although it must always; in order of discovery.
    pub findings: Vec<Finding>,
    /// The requests it took, in order; redirects, retries and token requests included.
    pub traces: Vec<TraceId>,
    /// Texts of `Warning: 299` headers, each once (WN3, WN4).
    pub warnings: Vec<String>,
}

impl<T> Outcome<T> {
    /// The status of the answer that ended it in an error, if an answer did.
    pub fn status(&self) -> Option<u16> {
        self.result.as_ref().err().and_then(ClientError::status)
    }

    /// The same with another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Outcome<U> {
        Outcome {
            result: self.result.map(change),
            findings: self.findings,
            traces: self.traces,
            warnings: self.warnings,
        }
    }

    /// The value; for tests and for callers that asserted success.
    ///
    /// # Panics
    /// If it ended in an error, with that error.
    #[track_caller]
    pub fn unwrap(self) -> T {
        match self.result {
            Ok(value) => value,
            Err(error) => panic!("{error}"),
        }
    }
}
