//! The defect `waits-for-ever`.

use std::time::Duration;

use super::{Defect, DefectSet};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["D13"],
    ..Defect::new("waits-for-ever", "An upload whose client has fallen silent is waited for without end.")
};

/// How long silence in a request's body is borne.
pub(crate) fn patience(defects: &DefectSet, right: Duration) -> Duration {
    if defects.has(&DEFECT) { Duration::MAX } else { right }
}
