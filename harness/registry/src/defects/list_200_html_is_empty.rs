//! The defect `list-200-html-is-empty`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    id: "list-200-html-is-empty",
    stands_for: &["B06"],
    about: "A listing that is not a listing counts as an empty one.",
};
