//! The defect `lost-complete-reply`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    id: "lost-complete-reply",
    stands_for: &["A11"],
    about: "NoSuchUpload after a lost reply of CompleteMultipartUpload is an error; nobody looks whether the object stands.",
};
