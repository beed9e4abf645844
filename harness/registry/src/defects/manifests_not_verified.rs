//! The defect `manifests-not-verified`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["I05"],
    ..Defect::new("manifests-not-verified", "A manifest is served as it is found in the storage, whole or not.")
};
