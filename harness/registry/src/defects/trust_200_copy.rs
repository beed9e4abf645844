//! The defect `trust-200-copy`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["A13", "A14"],
    ..Defect::new("trust-200-copy", "Any 200 to CopyObject counts as success and the destination is not looked at before the source is deleted.")
};
