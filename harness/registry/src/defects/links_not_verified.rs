//! The defect `links-not-verified`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["A15"],
    ..Defect::new("links-not-verified", "A 200 to PutObject counts as stored: no ETag is compared, no link is read back.")
};
