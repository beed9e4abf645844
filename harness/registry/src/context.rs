//! What travels with one client request through the registry: the correlation id, the trace, and where notes go.

use http::HeaderValue;
use shakedown_wire::{Annotation, Annotations, Request, TRACE_HEADER};

/// The context of one client request.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    /// What an error body shows and the log line repeats (incident B13).
    pub(crate) correlation: String,
    /// Passed on to every storage call.
    pub(crate) traceparent: Option<HeaderValue>,
    annotations: Option<Annotations>,
}

impl Context {
    pub(crate) fn of(request: &Request, correlation: String) -> Self {
        Self {
            correlation,
            traceparent: request.headers().get(TRACE_HEADER).cloned(),
            annotations: request.extensions().get::<Annotations>().cloned(),
        }
    }

    /// The context of work that no client asked for.
    pub(crate) fn own(correlation: String) -> Self {
        Self { correlation, traceparent: None, annotations: None }
    }

    /// One line for the operator: to the log, and beside the recorded exchange if there is a recorder.
    pub(crate) fn warn(&self, line: &str) {
        tracing::warn!(correlation = %self.correlation, "{line}");
        self.note(line);
    }

    /// As [`Context::warn`], for what went well in the end.
    pub(crate) fn info(&self, line: &str) {
        tracing::info!(correlation = %self.correlation, "{line}");
        self.note(line);
    }

    fn note(&self, line: &str) {
        if let Some(annotations) = &self.annotations {
            annotations.add(Annotation::Note(format!("[{}] {line}", self.correlation)));
        }
    }
}
