//! What can go wrong, in words that say what happened and where. Secrets in URIs are replaced before they get here.

use std::time::Duration;

use http::{Method, Uri};
use shakedown_oci::{Digest, ManifestError};
use shakedown_wire::redact::Redactor;
use shakedown_wire::{TraceId, WireError};

use crate::{LocationError, SinkError, SourceError};

/// The exchange in which something went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At {
    /// HTTP method.
    pub method: Method,
    /// URI, secrets replaced.
    pub uri: String,
    /// The request's trace id.
    pub trace: Option<TraceId>,
}

impl At {
    pub(crate) fn new(method: &Method, uri: &Uri, trace: Option<TraceId>) -> Box<Self> {
        Box::new(Self { method: method.clone(), uri: Redactor::default().uri(uri), trace })
    }
}

impl std::fmt::Display for At {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.uri)
    }
}

/// An answer with a status that ends the call.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{at}: {status}, {excerpt}")]
pub struct StatusError {
    /// The exchange.
    pub at: Box<At>,
    /// The status.
    pub status: http::StatusCode,
    /// The first error code of the body, if it has the right shape.
    pub code: Option<String>,
    /// One line about the body.
    pub excerpt: String,
    /// `Retry-After`, as a time to wait.
    pub retry_after: Option<Duration>,
}

/// Why a call has no result.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ClientError {
    /// No answer, or one that broke off.
    #[error("{at}: {error}")]
    Wire {
        /// The exchange.
        at: Box<At>,
        /// What happened to it.
        error: WireError,
    },
    /// An answer with the wrong status.
    #[error(transparent)]
    Status(Box<StatusError>),
    /// An answer with the right status that cannot be used.
    #[error("{at}: {what}")]
    Answer {
        /// The exchange.
        at: Box<At>,
        /// What is wrong with it.
        what: String,
    },
    /// The bytes do not have the digest they must have (PB5, PM13).
    #[error("{at}: the content has digest {actual}, expected {expected}")]
    Digest {
        /// The exchange.
        at: Box<At>,
        /// Asked for.
        expected: Box<Digest>,
        /// Computed.
        actual: Box<Digest>,
    },
    /// More or fewer bytes than announced.
    #[error("{at}: the content has {actual} bytes, expected {expected}")]
    Length {
        /// The exchange.
        at: Box<At>,
        /// Announced or asked for.
        expected: u64,
        /// Received so far, when it was given up.
        actual: u64,
    },
    /// Redirects that do not end.
    #[error("{at}: still redirected after {followed} redirects")]
    Redirect {
        /// The last exchange.
        at: Box<At>,
        /// How many were followed.
        followed: usize,
    },
    /// A `Location`, `Link` or realm that leads nowhere.
    #[error("{at}: {error}")]
    Location {
        /// The exchange.
        at: Box<At>,
        /// What is wrong with it.
        error: LocationError,
    },
    /// No token could be had (F04, F06).
    #[error("cannot authenticate: {at}: {reason}")]
    Auth {
        /// The exchange with the token server, or the one that was challenged.
        at: Box<At>,
        /// What went wrong.
        reason: String,
        /// The token server's status, if that was the reason.
        status: Option<u16>,
    },
    /// A manifest that cannot be read, or says another type than it was sent with (PM9).
    #[error("{at}: {error}")]
    Manifest {
        /// The exchange.
        at: Box<At>,
        /// What is wrong with it.
        error: ManifestError,
    },
    /// Our own content could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Pulled content could not be kept.
    #[error(transparent)]
    Sink(#[from] SinkError),
}

impl ClientError {
    /// The status of the answer that ended the call.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Status(error) => Some(error.status.as_u16()),
            Self::Auth { status, .. } => *status,
            _ => None,
        }
    }

    /// The first error code of the answer that ended the call.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Status(error) => error.code.as_deref(),
            _ => None,
        }
    }

    /// The exchange in which it ended.
    pub fn at(&self) -> Option<&At> {
        match self {
            Self::Status(error) => Some(&error.at),
            Self::Wire { at, .. }
            | Self::Answer { at, .. }
            | Self::Digest { at, .. }
            | Self::Length { at, .. }
            | Self::Redirect { at, .. }
            | Self::Location { at, .. }
            | Self::Auth { at, .. }
            | Self::Manifest { at, .. } => Some(at),
            Self::Source(_) | Self::Sink(_) => None,
        }
    }

    /// The trace id of that exchange.
    pub fn trace(&self) -> Option<TraceId> {
        self.at().and_then(|at| at.trace)
    }

    /// True if the target could not be reached at all: an error of the environment, no verdict about a registry.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Wire { error, .. } if error.is_unreachable())
    }

    /// True if the same may go well later: broken connections, silence, 408, 429 and 5xx.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Wire { error, .. } => error.is_connection_lost() || matches!(error, WireError::Timeout { .. }),
            Self::Status(error) => error.status.is_server_error() || matches!(error.status.as_u16(), 408 | 429),
            Self::Length { expected, actual, .. } => actual < expected,
            _ => false,
        }
    }

    /// `Retry-After` of the answer that ended the call.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status(error) => error.retry_after,
            _ => None,
        }
    }
}
