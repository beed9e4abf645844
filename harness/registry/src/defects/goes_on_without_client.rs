//! The defect `goes-on-without-client`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["A22"],
    ..Defect::new("goes-on-without-client", "Storage calls go on after the client has left.")
};
