//! The defect `upstream-fetched-per-client`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["H07"],
    ..Defect::new("upstream-fetched-per-client", "Each client of a pull-through cache fetches a missing blob for itself.")
};
