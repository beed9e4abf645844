//! The defect `denied-is-absent`.

use super::{Defect, DefectSet};
use crate::storage::{Flaw, Kind, Op};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["B03"],
    ..Defect::new("denied-is-absent", "A read that the storage denies counts as missing, so clients push again and again what is there.")
};

/// Reads only.
pub(crate) fn apply(defects: &DefectSet, op: Op, flaw: &mut Flaw) {
    if defects.has(&DEFECT) && matches!(op, Op::GetObject | Op::HeadObject) && flaw.kind == Kind::Denied {
        flaw.kind = Kind::Absent;
    }
}
