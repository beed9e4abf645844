//! The defect `no-credential-refresh`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    id: "no-credential-refresh",
    stands_for: &["B11"],
    about: "Expired credentials are never exchanged for newer ones.",
};
