//! The defect `html-link-is-absent`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["B08"],
    ..Defect::new("html-link-is-absent", "Whatever is read in place of a link and is no digest counts as a missing link.")
};
