//! Scenario files: the format, and the way from text to a checked [`Plan`].
//!
//! - [`Scenario`] is the file's shape (serde + JSON schema): prose, a world, faults, steps, expectations;
//! - [`steps`] and [`expect`] hold one file per step kind and per invariant;
//! - [`Plan`] is what the engine runs: matrices unfolded, includes merged, variables filled in, every name resolved.
//!
//! Not here: running anything. Reading of files goes through a trait, so this crate has no IO.

mod auth;
mod check;
pub mod expect;
mod fill;
mod load;
mod peers;
mod plan;
mod problem;
mod read;
mod scenario;
mod schema;
pub mod steps;
mod text;
mod world;

pub use auth::{AuthSpec, BasicAuth, BasicUser, BearerAuth, BearerUser, ExpiresIn, TokenField};
pub use fill::fill;
pub use load::{Loader, MapSource, Source, SourceError};
pub use peers::{SwiftSettings, WebhookAnswers, WebhookSettings};
pub use plan::{Lines, Place, Plan, Section};
pub use problem::{Problem, render};
pub use read::limits::FILE_BYTES;
pub use scenario::{Need, Scenario};
pub use schema::schema;
pub use shakedown_faults::{Fault, Size, Span};
pub use text::{OneOrMany, Scalar};
pub use world::{
    BlobSpec, CacheKind, Given, ImageKind, ImageSpec, LayerSpec, RegistrySettings, S3Settings, UpstreamSettings,
};
