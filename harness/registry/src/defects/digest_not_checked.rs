//! The defect `digest-not-checked`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    id: "digest-not-checked",
    stands_for: &["K03"],
    about: "The digest given at the end of an upload is believed.",
};
