//! The defect `no-retry`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["B05"],
    ..Defect::new("no-retry", "The first trouble of a storage call is its last: nothing is tried again.")
};
