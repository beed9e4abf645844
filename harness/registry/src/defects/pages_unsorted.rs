//! The defect `pages-unsorted`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["TL7"],
    how: How::Answer(|asked, answer| {if asked.tags() && asked.query("n").is_some() { answer.edit_list("/tags", |tags| tags.reverse()); }}),
    ..Defect::new("pages-unsorted", "With n the order is another one.")
};
