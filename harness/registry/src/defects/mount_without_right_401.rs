//! The defect `mount-without-right-401`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["D16"],
    ..Defect::new("mount-without-right-401", "A mount from a repository that the user may not read is answered 401 instead of beginning an upload.")
};
