//! The defect `gc-stops-on-bad-link`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["G07"],
    ..Defect::new("gc-stops-on-bad-link", "One damaged link ends garbage collection of the whole bucket.")
};
