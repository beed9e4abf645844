//! The seam: every party (registry, S3, gateway, token server) is a tower service over streamed bodies.
//!
//! What lives here, in the order a reader wants it:
//! - [`Body`]: a streamed body whose errors say how the connection ended;
//! - [`Party`]: a cloneable service `Request -> Response`, the only way one side talks to another;
//! - [`Clock`]: the one clock, virtual or real, that is handed down;
//! - [`Exchange`] and [`Recorder`]: what was said, redacted at the source;
//! - [`MemoryNet`] and [`network`]/[`server`]: the two transports.
//!
//! What does not: S3, OCI, faults, scenarios. Sockets appear in `network` and `server` only.

mod body;
mod clock;
mod error;
mod exchange;
mod framing;
mod hop;
mod incoming;
mod memory;
pub mod network;
mod party;
mod recorder;
pub mod redact;
pub mod server;

pub use body::Body;
pub use clock::Clock;
pub use error::{ConnectionEnd, WireError};
pub use exchange::{
    Annotation, Annotations, BodyRecord, Exchange, FaultNote, Head, Lane, RequestRecord, ResponseRecord, S3Note,
    TRACE_HEADER, TraceId,
};
pub use hop::end_hop;
pub use memory::MemoryNet;
pub use party::{Party, Request, Response};
pub use recorder::Recorder;
