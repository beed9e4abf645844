//! The defect `no-credential-refresh`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["B11"],
    ..Defect::new("no-credential-refresh", "Expired credentials are never exchanged for newer ones.")
};
