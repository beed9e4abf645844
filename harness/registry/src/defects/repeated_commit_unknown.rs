//! The defect `repeated-commit-unknown`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["A23"],
    ..Defect::new("repeated-commit-unknown", "A PUT that is repeated because its 201 was lost is answered 404.")
};
