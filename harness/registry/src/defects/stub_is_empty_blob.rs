//! The defect `stub-is-empty-blob`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["G09"],
    ..Defect::new("stub-is-empty-blob", "An object without a byte is served as a blob of no bytes, whatever digest it has.")
};
