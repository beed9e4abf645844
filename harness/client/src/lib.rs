//! An OCI client over a [`Party`](shakedown_wire::Party): push, pull, copy, lists, deletes, and raw calls.
//!
//! It is an instrument, not a convenience: every call reports what happened instead of hiding it. An [`Outcome`] holds the
//! result, every [`Finding`] (what must always hold is checked here, once, and does not abort), and the trace ids of all
//! requests it took. How patient the client is (retries, resumed transfers, redirects) is its caller's choice: [`CallPolicy`].
//!
//! In the order a reader wants it: `client` and `options` (what one has and sets), `session` (one call with redirects,
//! retries and authentication), `content` (what is pushed), `push`, `pull`, `list`, `check` and `findings`.
//! Not here: sockets and recording (`shakedown-wire`), expectations of scenarios (`shakedown-engine`).

pub mod check;
mod client;
mod content;
mod error;
mod excerpt;
mod findings;
mod list;
pub mod location;
mod options;
mod outcome;
mod pull;
mod push;
mod session;

pub use client::{Client, Head, Pinged};
pub use content::{
    Blob, BlobSink, BlobSource, Content, DockerArchive, FileRange, Image, ImageSpec, ImageSummary, ImageTarget,
    LayerSpec, OciLayout, RemoteBlob, SinkError, SourceError, StoredManifest,
};
pub use error::{At, ClientError, StatusError};
pub use findings::Finding;
pub use list::{Listing, Page, Referrers, ReferrersFrom};
pub use location::LocationError;
pub use options::{CallPolicy, ClientOptions, Credentials, RetryPolicy, Secret, TraceIds};
pub use outcome::Outcome;
pub use pull::{PullImage, PulledBlob, PulledImage, PulledManifest};
pub use push::{
    Fate, Mounted, PushBlob, PushImage, PushMode, PushedBlob, PushedImage, PushedManifest, Upload, UploadStatus,
};
