//! The defect `content-range-ignored`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    id: "content-range-ignored",
    stands_for: &["D03", "D04", "K02"],
    about: "Content-Range is not looked at: chunks are appended in the order they come, also twice.",
};
