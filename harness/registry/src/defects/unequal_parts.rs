//! The defect `unequal-parts`.

use super::{Defect, DefectSet};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["A19"],
    ..Defect::new("unequal-parts", "What has arrived at the end of a PATCH becomes a part of its own, so parts differ in size and some stores refuse to join them.")
};

/// S3's smallest part that is not the last.
const SMALLEST: u64 = 5 << 20;

/// How many bytes must have arrived before a part is cut off them: twice a part's size, as distribution 2.8 does.
pub(crate) fn threshold(defects: &DefectSet, part_size: u64) -> u64 {
    if defects.has(&DEFECT) { part_size.saturating_mul(2) } else { part_size }
}

/// How many buffered bytes are sent as a part at the end of a request.
pub(crate) fn flush(defects: &DefectSet, buffered: u64) -> u64 {
    if defects.has(&DEFECT) && buffered >= SMALLEST { buffered } else { 0 }
}
