//! The defect `headers-before-first-byte`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    id: "headers-before-first-byte",
    stands_for: &["H01"],
    about: "A blob's size is looked up and promised before its first byte is there.",
};
