//! The defect `tag-deleted-200`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["DT1"],
    how: How::Answer(|asked, answer| {if asked.tag().is_some() && asked.is_delete() && answer.status() == 202 { answer.set_status(200); }}),
    ..Defect::new("tag-deleted-200", "DELETE of a tag is answered 200.")
};
