//! The life of data: what keeps it, what may go, and when. Garbage collection, the purge of uploads, the expiry of a pull-through cache,
//! soft deletes.
//!
//! What must hold:
//! - Unreadable is never unreferenced: any read that fails (403, 500, a page of HTML) ends the work before anything is deleted.
//! - What a push in flight needs stays: young things are kept (`grace`), and what is about to be deleted is published first, so that
//!   a push that comes in between either keeps it or is told to come again (`guard`). No clocks are compared for this.
//! - References go before what they refer to, so that a crash at any point leaves nothing that dangles, and the next run goes on.
//!
//! Not here: deletes that clients ask for (`api`), and the audit of a bucket, which shares no code with this on purpose.

mod error;
mod expiry;
mod gc;
pub(crate) mod guard;
mod lease;
mod mark;
mod path;
mod purge;
mod sweep;
mod tombstone;
mod walk;

pub use error::LifeError;
pub use expiry::ExpiryReport;
pub use gc::{GcPolicy, GcReport, Problem, Untagged};
pub use purge::{PurgePolicy, PurgeReport};

pub(crate) use expiry::expire;
pub(crate) use gc::collect;
pub(crate) use purge::purge;
pub(crate) use tombstone::{bury, restore};

/// Where progress is told: a few words, now and then.
pub type Progress<'a> = &'a (dyn Fn(&str) + Send + Sync);
