//! The defect `html-link-is-absent`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    id: "html-link-is-absent",
    stands_for: &["B08"],
    about: "Whatever is read in place of a link and is no digest counts as a missing link.",
};
