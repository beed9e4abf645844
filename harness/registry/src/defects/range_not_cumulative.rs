//! The defect `range-not-cumulative`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["D06", "K01"],
    breaks: &["CH8"],
    ..Defect::new("range-not-cumulative", "The Range of a 202 tells the length of the last chunk, not what has arrived in all.")
};
