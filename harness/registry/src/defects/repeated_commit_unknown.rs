//! The defect `repeated-commit-unknown`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    id: "repeated-commit-unknown",
    stands_for: &["A23", "D10"],
    about: "A PUT that is repeated because its 201 was lost is answered 404.",
};
