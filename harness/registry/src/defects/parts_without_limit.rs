//! The defect `parts-without-limit`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    id: "parts-without-limit",
    stands_for: &["A18"],
    about: "Parts never grow and are not counted: a blob of more than 10,000 parts fails half way.",
};
