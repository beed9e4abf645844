//! The defect `parts-without-limit`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["A18"],
    ..Defect::new("parts-without-limit", "Parts never grow and are not counted: a blob of more than 10,000 parts fails half way.")
};
