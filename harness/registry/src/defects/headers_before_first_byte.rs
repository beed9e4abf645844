//! The defect `headers-before-first-byte`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["H01"],
    ..Defect::new("headers-before-first-byte", "A blob's size is looked up and promised before its first byte is there.")
};
