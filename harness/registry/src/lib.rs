//! The reference registry: the OCI distribution API on S3, in the layout of distribution v2, stateless across replicas.
//!
//! It is what *correct* means for every incident in the catalogue: no acknowledged byte is lost, trouble of the storage is a 5xx and
//! never the client's fault, nothing of the storage's inside leaks into an answer, memory does not grow with blob size.
//!
//! Code map, from the outside in:
//! - [`Registry`] and [`RegistryConfig`]: what others use;
//! - `api`: one file per API resource; `uploads`: the session object and the way of bytes into storage;
//! - `auth`: who may do what, asked before anything else;
//! - `layout`: object keys, the same as distribution's;
//! - [`life`]: garbage collection, purge of uploads, soft deletes;
//! - `descriptors`: the cache of what blobs are, which is never believed more than the storage;
//! - `storage`: a thin S3 client of its own, because it must see every byte of a wrong answer;
//! - `upstream`: where a pull-through cache gets from what it does not have;
//! - [`defects`]: known ways to be wrong, one file each, off unless asked for;
//! - [`allowed`]: what a correct registry may do otherwise, one file each, off too;
//! - `variant`: the layer around the registry by which most of both are.
//!
//! Not here: sockets, the S3 mock, anything that prints.

pub mod allowed;
mod api;
mod auth;
mod config;
mod context;
pub mod defects;
mod descriptors;
mod editor;
mod layout;
pub mod life;
mod limit;
mod locks;
mod notify;
mod reader;
mod registry;
mod storage;
mod uploads;
mod upstream;
mod variant;

pub use allowed::Allowed;
pub use auth::{AuthConfig, BasicConfig, BearerConfig, Htpasswd, HtpasswdError, KeySet, KeySetError};
pub use config::{Cache, LocationStyle, Redirect, RegistryConfig, RetryPolicy, StorageConfig};
pub use defects::{Defect, DefectSet};
pub use editor::BucketEditor;
pub use notify::{Endpoint, NotificationCounts, Notifications};
pub use reader::{BucketReader, ListedObject, ListedUpload};
pub use registry::Registry;
pub use shakedown_client::{Credentials as UpstreamCredentials, Secret};
pub use storage::{CredentialSource, Credentials, SharedCredentials, StorageCounts};
pub use upstream::UpstreamConfig;
