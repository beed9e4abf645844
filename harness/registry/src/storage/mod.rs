//! A thin S3 client: hyper's types over a `Party`, signed by `aws-sigv4`. Every answer becomes a typed outcome, and nothing is believed
//! that the answer does not prove.
//!
//! Not here: the registry's layout and its API.

mod aged;
mod answer;
mod call;
mod client;
mod credentials;
mod listing;
mod multipart;
mod objects;
mod outcome;
mod payload;
mod presign;
mod races;
mod stream;

pub use client::StorageCounts;
pub use credentials::{CredentialSource, SharedCredentials};
pub use shakedown_s3call::Credentials;

pub(crate) use aged::{Aged, AgedUpload};
pub(crate) use call::{Call, Op};
pub(crate) use client::Storage;
pub(crate) use listing::ListQuery;
pub(crate) use outcome::{Flaw, Kind, StorageError};
pub(crate) use payload::Payload;
pub(crate) use stream::{ByteRange, Object, Opened};
