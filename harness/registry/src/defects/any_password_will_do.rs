//! The defect `any-password-will-do`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["AP1"],
    ..Defect::new("any-password-will-do", "A known user gets in with any password.")
};
