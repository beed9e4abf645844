//! The defect `session-overwritten`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["D11"],
    ..Defect::new("session-overwritten", "Of two chunks that reach two replicas at the same time both are acknowledged, and the later one overwrites the other.")
};
