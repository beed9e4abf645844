//! The defect `leaks-storage-errors`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    id: "leaks-storage-errors",
    stands_for: &["B13"],
    about: "The storage's error, key and endpoint included, is shown to the client.",
};
