//! The defect `storage-error-is-blob-unknown`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    id: "storage-error-is-blob-unknown",
    stands_for: &["B10"],
    about: "While a manifest is checked, a blob that cannot be looked up counts as missing.",
};
