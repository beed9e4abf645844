//! The defect `any-token-will-do`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["F05"],
    ..Defect::new("any-token-will-do", "A token that is valid is enough, whatever it grants.")
};
