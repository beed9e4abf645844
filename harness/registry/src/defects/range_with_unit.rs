//! The defect `range-with-unit`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["D05", "K14"],
    breaks: &["CH8"],
    ..Defect::new("range-with-unit", "The Range of an upload answer carries the unit: bytes=0-99.")
};
