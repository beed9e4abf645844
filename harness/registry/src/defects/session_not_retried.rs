//! The defect `session-not-retried`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    id: "session-not-retried",
    stands_for: &["A07"],
    about: "A session that cannot be read at the first look is unknown, however young it is.",
};
