//! What the fault layer orders the store to do with one request, sorted by who asks for it.

use std::time::Duration;

use shakedown_faults::{PageFault, StoreFault, Until, View};

use crate::store::Writing;
use crate::visibility::{Hide, Lens};

/// The orders for one request. None at all is the usual case.
#[derive(Debug, Default)]
pub(crate) struct Orders {
    hides: Vec<(View, Until)>,
    younger_than: Option<Duration>,
    pub(crate) negative_cache: Option<Duration>,
    /// Answer as if it were done.
    pub(crate) not_applied: bool,
    pub(crate) pages: Vec<PageFault>,
    /// DeleteObjects reports this code for each key.
    pub(crate) delete_errors: Option<String>,
    pub(crate) foreign_upload: bool,
    pub(crate) foreign_uploads: u32,
    pub(crate) clock_skew_ms: i64,
    pub(crate) ignore_range: bool,
    pub(crate) revoke_key: bool,
    /// How many writes the store had seen when the request arrived.
    arrived: Option<u64>,
}

/// How many writes the store had seen when the request arrived; in the request's extensions, for [`PageFault::Snapshot`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arrival(pub(crate) u64);

impl Orders {
    /// Sorts them.
    pub(crate) fn new(faults: &[StoreFault], arrival: Option<Arrival>) -> Self {
        let mut orders = Self::default();
        for fault in faults {
            match fault {
                StoreFault::Hide { view, until } => orders.hides.push((*view, *until)),
                StoreFault::Stale { younger_than } => orders.younger_than = Some(*younger_than),
                StoreFault::NegativeCache { keep } => orders.negative_cache = Some(*keep),
                StoreFault::NotApplied => orders.not_applied = true,
                StoreFault::DeleteErrors { code } => orders.delete_errors = Some(code.clone()),
                StoreFault::Page(PageFault::Snapshot) => orders.arrived = arrival.map(|arrival| arrival.0),
                StoreFault::Page(page) => orders.pages.push(page.clone()),
                StoreFault::ForeignUpload => orders.foreign_upload = true,
                StoreFault::ForeignUploads(count) => orders.foreign_uploads = *count,
                StoreFault::ClockSkewMs(ms) => orders.clock_skew_ms += ms,
                StoreFault::IgnoreRange => orders.ignore_range = true,
                StoreFault::RevokeKey => orders.revoke_key = true,
            }
        }
        orders
    }

    /// How this request reads.
    pub(crate) fn lens(&self, view: View, now: Duration) -> Lens {
        Lens { view, now, younger_than: self.younger_than, as_of: self.arrived, counts: true }
    }

    /// How this request writes.
    pub(crate) fn writing(&self, now: Duration) -> Writing {
        let hides = self.hides.iter().map(|(view, until)| Hide::new(*view, *until, now)).collect();
        Writing { at: now, hides }
    }
}
