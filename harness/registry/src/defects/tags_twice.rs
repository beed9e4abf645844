//! The defect `tags-twice`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["TL2", "TL3"],
    how: How::Answer(|asked, answer| {if asked.tags() { answer.edit_list("/tags", |tags| tags.extend_from_within(..1.min(tags.len()))); }}),
    ..Defect::new("tags-twice", "A tag is listed twice.")
};
