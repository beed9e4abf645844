//! The defect `gc-unreadable-is-unreferenced`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["B06"],
    ..Defect::new("gc-unreadable-is-unreferenced", "Garbage collection takes a manifest or link that it cannot read for one that is not there, and deletes what it refers to.")
};
