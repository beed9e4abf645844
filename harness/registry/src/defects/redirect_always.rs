//! The defect `redirect-always`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["C01"],
    ..Defect::new("redirect-always", "Blobs are always answered with a presigned redirect, also where clients cannot follow it.")
};
