//! The defect `denied-is-passed-on`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["B03", "B04"],
    ..Defect::new("denied-is-passed-on", "401 and 403 of the storage are passed to the client as if its own rights were at fault.")
};
