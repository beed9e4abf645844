//! The defect `goes-on-without-client`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    id: "goes-on-without-client",
    stands_for: &["A22"],
    about: "Storage calls go on after the client has left.",
};
