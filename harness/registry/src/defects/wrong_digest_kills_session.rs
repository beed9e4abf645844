//! The defect `wrong-digest-kills-session`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    id: "wrong-digest-kills-session",
    stands_for: &["D09"],
    about: "A wrong digest throws the whole session away.",
};
