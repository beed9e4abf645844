//! The defect `upstream-needed-for-cached`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["H08"],
    ..Defect::new("upstream-needed-for-cached", "A pull-through cache serves no tag without its upstream, cached or not.")
};
