//! The defect `redirect-always`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    id: "redirect-always",
    stands_for: &["C01"],
    about: "Blobs are always answered with a presigned redirect, also where clients cannot follow it.",
};
