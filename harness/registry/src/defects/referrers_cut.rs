//! The defect `referrers-cut`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["RL11"],
    how: How::Answer(|asked, answer| { if asked.referrers().is_some() { answer.remove("link"); } }),
    ..Defect::new("referrers-cut", "A list of referrers that does not fit ends where the page ends, without a Link.")
};
