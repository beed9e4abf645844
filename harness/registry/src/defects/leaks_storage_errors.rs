//! The defect `leaks-storage-errors`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["B13"],
    ..Defect::new("leaks-storage-errors", "The storage's error, key and endpoint included, is shown to the client.")
};
