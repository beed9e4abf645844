//! The defect `tags-without-name`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["TL3"],
    how: How::Answer(|asked, answer| {if asked.tags() { answer.edit_json(|list| *list = list["tags"].take()); }}),
    ..Defect::new("tags-without-name", "The list of tags does not say of which repository.")
};
