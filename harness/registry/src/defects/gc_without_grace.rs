//! The defect `gc-without-grace`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["G05"],
    ..Defect::new("gc-without-grace", "Garbage collection deletes what nothing refers to at this moment, blobs of a push in flight included, and pushes do not look.")
};
