//! The defect `wrong-digest-kills-session`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["D09"],
    ..Defect::new("wrong-digest-kills-session", "A wrong digest throws the whole session away.")
};
