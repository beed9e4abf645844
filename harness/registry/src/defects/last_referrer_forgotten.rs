//! The defect `last-referrer-forgotten`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["UG2"],
    how: How::Answer(|asked, answer| {if asked.referrers().is_some() { answer.edit_list("/manifests", |list| drop(list.pop())); }}),
    ..Defect::new("last-referrer-forgotten", "The newest referrer is missing from the list.")
};
