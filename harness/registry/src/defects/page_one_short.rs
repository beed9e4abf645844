//! The defect `page-one-short`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["TL4"],
    how: How::Answer(|asked, answer| {if asked.tags() && asked.query("n").is_some() && answer.header("link").is_some() { answer.edit_list("/tags", |tags| drop(tags.pop())); }}),
    ..Defect::new("page-one-short", "A page has one tag less than was asked for, and the next goes on behind it.")
};
