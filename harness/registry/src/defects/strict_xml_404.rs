//! The defect `strict-xml-404`.

use super::{Defect, DefectSet};
use crate::storage::{Flaw, Kind, Op};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["B01", "B02"],
    ..Defect::new("strict-xml-404", "A 404 counts as missing only with <Code>NoSuchKey</Code> in it; a gateway's HTML, JSON or empty 404 becomes a 500.")
};

/// HEAD has no body, so it cannot be strict.
pub(crate) fn apply(defects: &DefectSet, op: Op, flaw: &mut Flaw) {
    if defects.has(&DEFECT) && op != Op::HeadObject && flaw.kind == Kind::Absent && flaw.code.as_deref() != Some("NoSuchKey") {
        flaw.kind = Kind::Refused;
    }
}
