//! The defect `list-200-html-is-empty`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["B06"],
    ..Defect::new("list-200-html-is-empty", "A listing that is not a listing counts as an empty one.")
};
