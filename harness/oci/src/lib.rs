//! The nouns of the OCI distribution specification: names, digests, ranges, challenges, error codes, manifests, rule ids.
//!
//! No IO, no clock, no randomness. Every parser takes what a stranger sent: none panics, all are bounded, and errors tell
//! apart what the specification tells apart (malformed or unsupported, with or without a unit).
//!
//! Not here: how any of it travels (`shakedown-wire`), what a client does with it (`shakedown-client`), what a registry
//! stores (`shakedown-registry`).

mod build;
mod byte_range;
mod challenge;
mod chunk;
mod digest;
mod error_body;
mod error_code;
mod habits;
mod hasher;
mod incidents;
mod link;
mod manifest;
pub mod media_type;
mod name;
mod platform;
mod quote;
mod reference;
mod rules;
mod rules_observed;
mod rules_table;
mod scope;
mod tag;

pub use build::{Flavor, IndexBuilder, ManifestBuilder};
pub use byte_range::{ByteRange, ByteRangeError, RangeRequest, ServedRange, Unsatisfiable};
pub use challenge::{Challenge, ChallengeError};
pub use chunk::{ContentRange, ContentRangeError, Received, UploadRange, UploadRangeError};
pub use digest::{Algorithm, Digest, DigestError};
pub use error_body::{ErrorBody, ErrorBodyError, ErrorEntry};
pub use error_code::{ErrorCode, UnknownCode};
pub use habits::{Habit, habits};
pub use hasher::{Hasher, RestoreError};
pub use incidents::{Incident, incidents};
pub use link::{Link, LinkError};
pub use manifest::{Descriptor, Manifest, ManifestError, ManifestKind};
pub use media_type::{MediaType, MediaTypeError};
pub use name::{NameError, RepositoryName};
pub use platform::{Platform, PlatformError};
pub use quote::quote;
pub use reference::{Reference, ReferenceError};
pub use rules::{Level, Rule, Side, Version, rules};
pub use rules_observed::Observed;
pub use scope::{Scope, ScopeError};
pub use tag::{Tag, TagError};
