//! The defect `storage-error-is-blob-unknown`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["B10"],
    ..Defect::new("storage-error-is-blob-unknown", "While a manifest is checked, a blob that cannot be looked up counts as missing.")
};
