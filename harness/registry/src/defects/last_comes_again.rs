//! The defect `last-comes-again`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["TL9"],
    how: How::Answer(|asked, answer| {if let Some(last) = asked.query("last").filter(|_| asked.tags()) { let last = last.to_owned(); answer.edit_list("/tags", |tags| tags.insert(0, last.into())); }}),
    ..Defect::new("last-comes-again", "The list begins with the tag that last names.")
};
