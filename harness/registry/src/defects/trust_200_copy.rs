//! The defect `trust-200-copy`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    id: "trust-200-copy",
    stands_for: &["A13", "A14"],
    about: "Any 200 to CopyObject counts as success and the destination is not looked at before the source is deleted.",
};
