//! The defect `pads-cut-bodies`.

use bytes::Bytes;

use super::{Defect, DefectSet};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["H02"],
    ..Defect::new("pads-cut-bodies", "What the store did not send of a blob is sent as zeros, so that the length is right.")
};

/// Zeros in the place of at most `left` bytes.
pub(crate) fn padding(defects: &DefectSet, left: u64) -> Option<Bytes> {
    let count = usize::try_from(left.min(64 << 10)).unwrap_or_default();
    defects.has(&DEFECT).then(|| vec![0; count].into())
}
