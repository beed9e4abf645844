//! Audits of what is stored: a bucket in the layout of distribution v2, a registry against its bucket, one registry against another.
//! Read only. Shares no code with the reference registry, so that neither repeats the other's mistakes.
//!
//! Code map:
//! - [`kinds`]: what can be wrong, what it means and what to do about it;
//! - [`Bucket`]: what is looked into; implemented elsewhere, for a real S3 and for the mock;
//! - `bucket`: the walk over a bucket; `repository`: what one repository refers to; `path`: keys of the layout;
//! - `compare`: what APIs show, against a bucket or against each other.
//!
//! Not here: repairs, S3 itself, anything that prints.

mod bucket;
mod compare;
pub mod kinds;
mod path;
mod report;
mod repository;
mod view;

pub use bucket::{Options, audit};
pub use compare::{compare_registries, compare_with_bucket};
pub use kinds::{Kind, Severity};
pub use path::{Entry, Key};
pub use report::{Audit, Finding, Group, Seen};
pub use view::{AuditError, Bucket, Look, Object, OpenUpload, Page};

/// Where progress is told: a few words, now and then.
pub type Progress<'a> = &'a (dyn Fn(&str) + Send + Sync);
