//! The defect `patch-acks-before-stored`.

use super::{Defect, DefectSet};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["A08"],
    ..Defect::new("patch-acks-before-stored", "PATCH is answered 202 although its part or its session could not be stored; the loss shows at the PUT, as the client's fault.")
};

/// Whether a failure to store is kept from the client.
pub(crate) fn hides_failure(defects: &DefectSet) -> bool {
    defects.has(&DEFECT)
}
