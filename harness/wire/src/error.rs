//! How a connection can fail, in the same words for memory and TCP. Not here: what a status code means.

use std::time::Duration;

/// How a party ends a connection on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ConnectionEnd {
    /// An orderly close (TCP FIN).
    Fin,
    /// An abort (TCP RST).
    Rst,
}

/// What a party sees instead of (the rest of) an answer, and what a service returns to break its connection on purpose.
///
/// The TCP server turns it into the real thing and the TCP client turns the real thing back into this; the memory transport shows
/// the same. Over TCP a peer may see one of several values for one cause, so compare with [`WireError::is_connection_lost`], not
/// by variant.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
pub enum WireError {
    /// Nobody listens there.
    #[error("connection refused by {authority}")]
    Refused {
        /// `host:port` that was tried.
        authority: String,
    },
    /// The name does not resolve.
    #[error("cannot resolve {authority}: {reason}")]
    Resolve {
        /// `host:port` that was tried.
        authority: String,
        /// The resolver's words.
        reason: String,
    },
    /// The peer closed the connection before it sent a whole head.
    #[error("the connection was closed before an answer")]
    Closed,
    /// The peer reset the connection.
    #[error("the connection was reset")]
    Reset,
    /// The body ended before its announced length or its last chunk.
    #[error("the body ended after {received} bytes")]
    Truncated {
        /// Bytes that did arrive.
        received: u64,
    },
    /// No answer in time.
    #[error("no answer within {after:?}")]
    Timeout {
        /// The limit that was reached.
        after: Duration,
    },
    /// What arrived is not HTTP.
    #[error("not a valid HTTP message: {reason}")]
    Malformed {
        /// What was wrong with it.
        reason: String,
    },
    /// TLS could not be set up.
    #[error("TLS failed: {reason}")]
    Tls {
        /// What was wrong with it.
        reason: String,
    },
    /// A body was larger than the reader allows.
    #[error("the body is larger than the limit of {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// Service side only: write these bytes to the socket instead of an answer, then end the connection.
    /// The memory transport shows it to the client as [`WireError::Malformed`].
    #[error("raw bytes on the wire")]
    Raw {
        /// What goes on the wire, head included.
        bytes: bytes::Bytes,
        /// How the connection ends afterwards.
        end: ConnectionEnd,
    },
    /// Anything else; the text is for people.
    #[error("{0}")]
    Other(String),
}

impl WireError {
    /// True if the connection broke underneath an exchange that had begun (close, reset, short body, garbage).
    pub fn is_connection_lost(&self) -> bool {
        matches!(self, Self::Closed | Self::Reset | Self::Truncated { .. } | Self::Malformed { .. })
    }

    /// True if the target could not be reached at all: an environment error, not a verdict.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::Resolve { .. } | Self::Tls { .. })
    }

    /// The error that stands for a deliberate end of the connection before the head.
    pub fn ended(end: ConnectionEnd) -> Self {
        match end {
            ConnectionEnd::Fin => Self::Closed,
            ConnectionEnd::Rst => Self::Reset,
        }
    }
}
