//! The defect `missing-blobs-accepted`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["K11"],
    breaks: &["PU2"],
    ..Defect::new("missing-blobs-accepted", "A manifest is taken although its blobs are missing.")
};
