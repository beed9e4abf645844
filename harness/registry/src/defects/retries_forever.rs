//! The defect `retries-forever`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["B05"],
    ..Defect::new("retries-forever", "Storage calls are repeated without limit, so a client waits until it gives up.")
};
