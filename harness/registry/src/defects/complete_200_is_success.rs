//! The defect `complete-200-is-success`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    id: "complete-200-is-success",
    stands_for: &["A10"],
    about: "Any 200 to CompleteMultipartUpload counts as success, whatever its body says.",
};
