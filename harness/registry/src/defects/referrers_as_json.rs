//! The defect `referrers-as-json`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["RL5"],
    how: How::Answer(|asked, answer| {if asked.referrers().is_some() && answer.status() == 200 { answer.set("content-type", "application/json"); }}),
    ..Defect::new("referrers-as-json", "The list of referrers is application/json.")
};
