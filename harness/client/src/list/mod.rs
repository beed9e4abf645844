//! Lists and deletes: tags, catalogue, referrers; tags, manifests, blobs.

mod delete;
mod names;
mod referrers;

pub use names::{Listing, Page};
pub use referrers::{Referrers, ReferrersFrom};
