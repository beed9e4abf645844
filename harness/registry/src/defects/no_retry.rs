//! The defect `no-retry`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    id: "no-retry",
    stands_for: &["B05"],
    about: "The first trouble of a storage call is its last: nothing is tried again.",
};
