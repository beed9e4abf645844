//! The defect `upstream-errors-are-404`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["H06", "H08"],
    ..Defect::new("upstream-errors-are-404", "A pull-through cache answers 404 for whatever its upstream could not answer.")
};
