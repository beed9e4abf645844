//! The defect `retries-forever`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    id: "retries-forever",
    stands_for: &["B05"],
    about: "Storage calls are repeated without limit, so a client waits until it gives up.",
};
