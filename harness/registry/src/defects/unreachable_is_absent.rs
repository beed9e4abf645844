//! The defect `unreachable-is-absent`.

use super::{Defect, DefectSet};
use crate::storage::{Flaw, Kind, Op};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["E10"],
    ..Defect::new("unreachable-is-absent", "What cannot be read because the connection to the storage, or to the proxy before it, is lost counts as missing.")
};

/// Reads only.
pub(crate) fn apply(defects: &DefectSet, op: Op, flaw: &mut Flaw) {
    if defects.has(&DEFECT) && matches!(op, Op::GetObject | Op::HeadObject) && flaw.kind == Kind::ConnectionLost {
        flaw.kind = Kind::Absent;
    }
}
