//! The S3 mock: a strict store that misbehaves on demand.
//!
//! - [`S3Mock`] is the store; [`S3Mock::party`] answers HTTP, [`S3Mock::admin`] looks and acts without HTTP;
//! - [`S3Config`] says how strict it is;
//! - faults come from `shakedown-faults` through [`S3Mock::injector`] and are carried out by `shakedown-inject`, but for what only
//!   a store can do (late, stale, lost, wrong pages): that is done here, by orders in the request's extensions;
//! - [`Proxy`] brings the same faults before a store of somebody else, and [`Learner`] learns how that one differs;
//! - [`control`] is the same for a harness in another process.
//!
//! Inside, one request goes `service` -> `request` (what it addresses) -> `auth` (who may) -> `payload` (its body verifies itself)
//! -> one file in `ops` -> `store`. What a read sees is decided in `visibility`. Not here: sockets (`shakedown-wire`).
//!
//! The rules are those of <https://docs.aws.amazon.com/AmazonS3/latest/API/>; where stores differ, a switch in [`S3Config`] says which.

mod admin;
mod auth;
mod call;
mod checksum;
mod chunked;
mod conditions;
mod config;
pub mod control;
mod error;
mod faults;
mod ids;
mod journal;
mod learn;
mod listing;
mod metadata;
mod mock;
mod ops;
mod payload;
pub mod profiles;
mod proxy;
mod range;
mod request;
mod service;
mod store;
mod visibility;
mod xml;

pub use admin::{Admin, AdminError, ObjectEntry, PartEntry, UploadEntry};
pub use config::{Credential, EtagMode, Limits, S3Config};
pub use learn::Learner;
pub use mock::S3Mock;
pub use proxy::Proxy;
pub use store::file::OpenError;
