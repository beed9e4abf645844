//! The defect `session-not-retried`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["A07"],
    ..Defect::new("session-not-retried", "A session that cannot be read at the first look is unknown, however young it is.")
};
