//! The defect `complete-200-is-success`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["A10"],
    ..Defect::new("complete-200-is-success", "Any 200 to CompleteMultipartUpload counts as success, whatever its body says.")
};
