//! The defect `referrers-as-bare-list`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["RL4"],
    how: How::Answer(|asked, answer| {if asked.referrers().is_some() { answer.edit_json(|index| *index = index["manifests"].take()); }}),
    ..Defect::new("referrers-as-bare-list", "Referrers are listed without the index around them.")
};
