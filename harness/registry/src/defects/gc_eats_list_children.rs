//! The defect `gc-eats-list-children`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["G06"],
    ..Defect::new("gc-eats-list-children", "Garbage collection of untagged manifests deletes the children of tagged indexes and the referrers of kept manifests.")
};
