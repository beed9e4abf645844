//! The defect `waits-for-cache`.

use std::time::Duration;

use super::{Defect, DefectSet};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["G03"],
    ..Defect::new("waits-for-cache", "The descriptor cache is asked first and waited for as long as it takes, by every request.")
};

/// How long one answer is waited for.
pub(crate) fn patience(defects: &DefectSet, right: Duration) -> Duration {
    if defects.has(&DEFECT) { Duration::MAX } else { right }
}

/// How long a cache that failed is left alone.
pub(crate) fn rest(defects: &DefectSet, right: Duration) -> Option<Duration> {
    (!defects.has(&DEFECT)).then_some(right)
}
