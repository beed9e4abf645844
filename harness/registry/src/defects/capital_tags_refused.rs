//! The defect `capital-tags-refused`.

use super::{Defect, How};
use crate::variant::Answer;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["PM4"],
    how: How::Request(|asked| {let tag = asked.tag().filter(|_| asked.is_put())?;
 tag.contains(|c: char| c.is_ascii_uppercase()).then(|| Answer::refusal(400, "MANIFEST_INVALID"))}),
    ..Defect::new("capital-tags-refused", "Tags with capital letters are refused.")
};
