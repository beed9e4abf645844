//! The defect `content-range-ignored`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["D03", "D04", "K02"],
    breaks: &["CH5", "CH10", "CH11"],
    ..Defect::new("content-range-ignored", "Content-Range is not looked at: chunks are appended in the order they come, also twice.")
};
