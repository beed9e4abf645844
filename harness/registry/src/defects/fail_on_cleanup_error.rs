//! The defect `fail-on-cleanup-error`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    id: "fail-on-cleanup-error",
    stands_for: &["A16"],
    about: "A stored blob is answered 500 when the remains of its session cannot be deleted.",
};
