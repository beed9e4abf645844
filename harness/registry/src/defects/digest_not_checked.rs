//! The defect `digest-not-checked`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["K03"],
    breaks: &["SP2", "CH13"],
    ..Defect::new("digest-not-checked", "The digest given at the end of an upload is believed.")
};
