//! The defect `range-with-unit`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    id: "range-with-unit",
    stands_for: &["D05", "K14"],
    about: "The Range of an upload answer carries the unit: bytes=0-99.",
};
