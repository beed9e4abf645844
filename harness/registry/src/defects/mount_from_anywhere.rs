//! The defect `mount-from-anywhere`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["D16"],
    ..Defect::new("mount-from-anywhere", "A mount gives blobs of repositories that the user may not read.")
};
