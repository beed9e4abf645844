//! The defect `tags-reversed`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["TL2"],
    how: How::Answer(|asked, answer| {if asked.tags() { answer.edit_list("/tags", |tags| tags.reverse()); }}),
    ..Defect::new("tags-reversed", "Tags are listed backwards.")
};
