//! The defect `fail-on-cleanup-error`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["A16"],
    ..Defect::new("fail-on-cleanup-error", "A stored blob is answered 500 when the remains of its session cannot be deleted.")
};
