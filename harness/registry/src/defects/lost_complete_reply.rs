//! The defect `lost-complete-reply`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["A11"],
    ..Defect::new("lost-complete-reply", "NoSuchUpload after a lost reply of CompleteMultipartUpload is an error; nobody looks whether the object stands.")
};
