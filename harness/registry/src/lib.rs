//! The reference registry: the OCI distribution API on S3, in the layout of distribution v2, stateless across replicas.
//!
//! It is what *correct* means for every incident in the catalogue: no acknowledged byte is lost, trouble of the storage is a 5xx and
//! never the client's fault, nothing of the storage's inside leaks into an answer, memory does not grow with blob size.
//!
//! Code map, from the outside in:
//! - [`Registry`] and [`RegistryConfig`]: what others use;
//! - `api`: one file per API resource; `uploads`: the session object and the way of bytes into storage;
//! - `layout`: object keys, the same as distribution's;
//! - `storage`: a thin S3 client of its own, because it must see every byte of a wrong answer;
//! - [`defects`]: known ways to be wrong, one file each, off unless asked for.
//!
//! Not here: sockets, the S3 mock, anything that prints.

mod api;
mod config;
mod context;
pub mod defects;
mod layout;
mod locks;
mod registry;
mod storage;
mod uploads;

pub use config::{LocationStyle, Redirect, RegistryConfig, RetryPolicy, StorageConfig};
pub use defects::{Defect, DefectSet};
pub use registry::Registry;
pub use storage::{CredentialSource, Credentials, SharedCredentials, StorageCounts};
